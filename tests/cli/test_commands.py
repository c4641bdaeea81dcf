"""The commands as one types them, in processes of their own, against a real server."""

from __future__ import annotations

import contextlib
import json
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from e2e.server import CuttableProxy, EditorClient, Server, running
from e2e.shell import Shell, Tail, interruptible
from waiting import PATIENCE, until

pytestmark = pytest.mark.server


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running(tmp_path_factory.mktemp("data"), heartbeat="1", reconnect_spread="0.2") as server:
        yield server


@pytest.fixture
def editor(server: Server) -> Iterator[EditorClient]:
    with contextlib.closing(EditorClient(server.url)) as editor:
        yield editor


@pytest.fixture
def blog(editor: EditorClient, request: pytest.FixtureRequest) -> str:
    """A blog of the test's own."""
    name = re.sub(r"\W", "-", request.node.name)[:60]
    editor.blog(id=name, title="The lighthouse is lit again", timezone="Europe/Lisbon", language="en")
    return name


@pytest.fixture
def shell(server: Server) -> Shell:
    return Shell(server.url)


# publish


def test_publish_takes_a_line_from_standard_input(shell: Shell, editor: EditorClient, blog: str) -> None:
    done = shell.run("publish", blog, stdin="The *lamp* turns.\n")
    assert done.returncode == 0, done.stderr
    post_id, cursor = done.stdout.split()
    assert re.fullmatch(r"[\w-]+\.\d+", cursor)
    post = editor.get(f"/v1/blogs/{blog}/posts/{post_id}")
    assert post["body"] == "<p>The <em>lamp</em> turns.</p>" and post["title"] is None


def test_publish_reads_markdown_with_a_headline_and_options(
    shell: Shell, editor: EditorClient, blog: str, tmp_path: Path
) -> None:
    file = tmp_path / "lamp.md"
    file.write_text("# Lamp & lens\n\nFour tonnes of *glass*.\n")
    options = ["--byline", "By the harbour desk", "--key", "--key-title", "Lamp", "--tag", "Light", "--tag", "Glass"]
    done = shell.run("publish", blog, str(file), *options, "--published-at", "2031-05-04T19:00:00Z", "--id", "lamp")
    assert done.returncode == 0, done.stderr
    post = editor.get(f"/v1/blogs/{blog}/posts/lamp")
    assert post["title"] == "Lamp & lens" and post["body"] == "<p>Four tonnes of <em>glass</em>.</p>"
    assert (post["byline"], post["key"], post["key_title"]) == ("By the harbour desk", True, "Lamp")
    assert (post["tags"], post["published_at"]) == (["Light", "Glass"], "2031-05-04T19:00:00Z")


def test_publish_reads_html_and_json_by_extension(
    shell: Shell, editor: EditorClient, blog: str, tmp_path: Path
) -> None:
    (tmp_path / "a.html").write_text("<p># not a headline</p>")
    (tmp_path / "b.json").write_text(json.dumps({"title": "From JSON", "pinned": True}))
    first = shell.run("publish", blog, str(tmp_path / "a.html")).stdout.split()[0]
    second = shell.run("publish", blog, str(tmp_path / "b.json"), "--title", "From the flag").stdout.split()[0]
    assert editor.get(f"/v1/blogs/{blog}/posts/{first}")["body"] == "<p># not a headline</p>"
    post = editor.get(f"/v1/blogs/{blog}/posts/{second}")
    assert (post["title"], post["pinned"]) == ("From the flag", True)


def test_publish_with_one_idempotency_key_publishes_once(shell: Shell, editor: EditorClient, blog: str) -> None:
    said = {shell.run("publish", blog, "--idempotency-key", "k1", stdin="Once.").stdout for _ in range(2)}
    assert len(said) == 1
    assert len(editor.get(f"/v1/blogs/{blog}/posts")["posts"]) == 1


def test_publish_says_what_the_server_refused(shell: Shell, blog: str, tmp_path: Path) -> None:
    done = shell.run("publish", blog, "--title", "x" * 301, stdin="Fog.")
    assert done.returncode == 1 and "title" in done.stderr and "300" in done.stderr
    done = shell.run("publish", "no-such-blog", stdin="Fog.")
    assert done.returncode == 1 and "there is no" in done.stderr
    done = shell.run("publish", blog, "--token", "wrong", stdin="Fog.")
    assert done.returncode == 1 and "token" in done.stderr
    done = shell.run("publish", blog, str(tmp_path / "missing.md"))
    assert done.returncode == 1 and "missing.md" in done.stderr
    done = shell.run("publish", blog, "--format", "json", stdin="{")
    assert done.returncode == 1 and "is not JSON" in done.stderr
    done = shell.run("publish", blog, stdin=" \n")
    assert done.returncode == 1 and "empty" in done.stderr


# token


def test_tokens_are_made_listed_and_revoked_while_the_server_runs(shell: Shell, server: Server, blog: str) -> None:
    shell.settings = {"STOPPRESS_DATA": str(server.data)}
    made = shell.run("token", "create", "--name", "night desk", "--scope", "publish", "--blog", blog)
    assert made.returncode == 0, made.stderr
    text = made.stdout.strip()
    [row] = [line for line in shell.run("token", "list").stdout.splitlines() if "night desk" in line]
    assert "publish" in row and blog in row and "never" in row and text.split("_")[2] not in row

    assert shell.run("publish", blog, "--token", text, stdin="By token.").returncode == 0
    assert shell.run("token", "revoke", row.split()[0]).returncode == 0
    refused = shell.run("publish", blog, "--token", text, stdin="By token.")
    assert refused.returncode == 1 and "revoked" in refused.stderr
    again = shell.run("token", "revoke", row.split()[0])
    assert again.returncode == 1 and row.split()[0] in again.stderr


def test_tokens_are_made_without_a_server_too(tmp_path: Path) -> None:
    shell = Shell("http://127.0.0.1:9", {"STOPPRESS_DATA": str(tmp_path)})
    assert "No tokens" in shell.run("token", "list").stderr
    done = shell.run("token", "create", "--name", "n", "--scope", "read", "--scope", "write", "--expires-in", "30d")
    assert done.returncode == 0, done.stderr
    assert "read,write" in shell.run("token", "list").stdout


def test_a_token_needs_a_scope_there_is(shell: Shell) -> None:
    done = shell.run("token", "create", "--name", "n", "--scope", "everything")
    assert done.returncode == 2 and "everything" in done.stderr


# serve


def test_a_second_server_on_one_folder_is_refused(shell: Shell, server: Server) -> None:
    done = shell.run("serve", "--port", "0", "--data", str(server.data))
    assert done.returncode == 1
    assert str(server.data) in done.stderr and str(server.process and server.process.pid) in done.stderr


# tail


def test_tail_prints_changes_as_they_come_and_ends_with_the_blog(shell: Shell, editor: EditorClient, blog: str) -> None:
    tail = Tail(shell, blog)
    until(lambda: tail.said("0 posts, live"), "tail is connected")
    post = editor.post(blog, title="Lit", key=True)["post"]["id"]
    editor.edit(blog, post, title="Lit at last")
    editor.delete(blog, post)
    until(lambda: tail.said("removed"), "the removal is printed")
    editor.change_blog(blog, status="ended")
    assert tail.end() == 0
    kinds = [line.split()[3] for line in tail.lines]
    assert kinds == ["published", "edited", "removed", "blog"]
    assert "Lit at last" in tail.lines[1] and post in tail.lines[2]
    assert tail.said("The blog has ended.")


def test_tail_goes_on_where_it_was_after_a_cut(shell: Shell, server: Server, editor: EditorClient, blog: str) -> None:
    with contextlib.closing(CuttableProxy(server.url)) as proxy:
        tail = Tail(Shell(proxy.url), blog, "--json")
        until(lambda: tail.said('"hello"'), "tail is connected")
        editor.post(blog, body="<p>1</p>")
        until(lambda: tail.said("<p>1</p>"), "the first change is printed")
        proxy.cut()
        for number in range(2, 7):
            editor.post(blog, body=f"<p>{number}</p>")
        proxy.mend()
        until(lambda: tail.said("<p>6</p>"), "what was missed is printed")
        assert tail.end(signal.SIGINT) == 130
    bodies = [m["post"]["body"] for m in map(json.loads, tail.lines) if m["type"] == "post"]
    assert bodies == [f"<p>{number}</p>" for number in range(1, 7)]
    assert not any("Traceback" in line for line in tail.notes)


def test_tail_begins_after_a_cursor_or_at_the_start(shell: Shell, editor: EditorClient, blog: str) -> None:
    first = editor.post(blog, title="First")["cursor"]
    editor.post(blog, title="Second")
    editor.change_blog(blog, status="ended")
    after = Tail(shell, blog, "--after", first)
    assert after.end() == 0
    assert after.said("Second") and not after.said("First")
    whole = Tail(shell, blog, "--since-start")
    assert whole.end() == 0
    assert whole.said("First") and whole.said("Second")


def test_tail_of_no_such_blog_says_so(shell: Shell) -> None:
    done = shell.run("tail", "nowhere")
    assert done.returncode == 1 and "nowhere" in done.stderr


def test_tail_takes_one_beginning_alone(shell: Shell, blog: str) -> None:
    assert shell.run("tail", blog, "--after", "e.1", "--since-start").returncode == 2


# import


def test_import_makes_leaves_changes_and_respects_deletions(
    shell: Shell, editor: EditorClient, blog: str, tmp_path: Path
) -> None:
    file = tmp_path / "story.json"
    posts: list[dict[str, Any]] = [
        {"id": "one", "title": "One", "body": "*Light*", "body_format": "markdown", "key": True},
        {"title": "Two", "published_at": "2031-05-04T19:00:00Z", "media": [{"type": "image", "url": "/demo/gate.svg"}]},
        {"body": "<p>Three</p>"},
    ]
    story = {"blog": {"id": f"i-{blog}"[:60], "title": "Imported", "timezone": "Europe/Lisbon"}, "posts": posts}
    name = story["blog"]["id"]  # type: ignore[index]

    def run() -> str:
        file.write_text(json.dumps(story))
        done = shell.run("import", str(file))
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    assert run() == f"{name}: 3 created"
    assert run() == f"{name}: 3 unchanged"
    posts[0]["title"] = "One and only"
    assert run() == f"{name}: 1 changed, 2 unchanged"
    assert editor.get(f"/v1/blogs/{name}/posts/one")["revision"] == 2
    editor.delete(name, "one")
    assert run() == f"{name}: 2 unchanged, 1 deleted on the server"
    assert len(editor.get(f"/v1/blogs/{name}/posts")["posts"]) == 2


def test_import_names_the_post_and_the_field_of_every_refusal_and_brings_in_the_rest(
    shell: Shell, editor: EditorClient, blog: str
) -> None:
    posts = [{"title": "Good"}, {"title": "x" * 400, "colour": "red"}, {"body": "<script>alert(1)</script>"}]
    story = {"blog": {"id": blog, "title": "The lighthouse is lit again"}, "posts": posts}
    done = shell.run("import", "-", stdin=json.dumps(story))
    assert done.returncode == 1
    assert done.stdout.strip() == f"{blog}: 1 created, 2 refused"
    for part in ("posts[1]/title", "posts[1]/colour", "posts[2]/body"):
        assert part in done.stderr
    assert [post["title"] for post in editor.get(f"/v1/blogs/{blog}/posts")["posts"]] == ["Good"]


def test_import_checks_the_shape_before_it_writes_anything(shell: Shell) -> None:
    done = shell.run("import", "-", stdin='{"blog": {"id": "never"}, "posts": [{"id": 1}]}')
    assert done.returncode == 1 and "/posts/0/id" in done.stderr
    assert shell.run("publish", "never", stdin="x").returncode == 1


# in general


def test_a_server_that_is_not_there_is_named(shell: Shell) -> None:
    done = shell.run("import", "--url", "ftp://127.0.0.1", "-", stdin='{"blog": {"id": "a"}}')
    assert done.returncode == 1 and "ftp://127.0.0.1" in done.stderr


@pytest.mark.parametrize("token", ["clé", "sp_abc\ndef", "two words", "sp_abc\u200b"])
def test_a_token_that_no_header_can_carry_is_a_usage_error_that_does_not_show_it(shell: Shell, token: str) -> None:
    for settings, arguments in (({}, ["--token", token]), ({"STOPPRESS_TOKEN": token}, [])):
        done = Shell(shell.url, settings).run("publish", "petrel", *arguments, stdin="x")
        assert done.returncode == 2 and "--token" in done.stderr and "U+" in done.stderr
        assert token not in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["demo", "--speed", "nan"],
        ["bench", "--pause", "nan"],
        ["bench", "--pause", "inf"],
        ["capacity", "--readers", "9", "--heartbeat", "nan"],
    ],
)
def test_a_number_is_a_number(shell: Shell, arguments: list[str]) -> None:
    done = shell.run(*arguments)
    assert done.returncode == 2 and arguments[-2] in done.stderr and arguments[-1] in done.stderr


def test_unknown_commands_and_options_are_usage_errors(shell: Shell) -> None:
    assert shell.run("punblish").returncode == 2
    assert shell.run("publish").returncode == 2
    assert shell.run("--version").stdout.startswith("stoppress, version ")


# demo


def test_the_demo_is_played_and_can_be_started_again(shell: Shell, editor: EditorClient) -> None:
    def play_until(told: Callable[[dict[str, Any]], bool], what: str) -> None:
        demo = subprocess.Popen(
            [sys.executable, "-m", "stoppress", "demo", "--speed", "100"],
            env=shell.environment,
            stderr=subprocess.PIPE,
            preexec_fn=interruptible,
        )
        until(lambda: _there("demo") and told(editor.get("/v1/blogs/demo")), what)
        demo.send_signal(signal.SIGINT)
        _, said = demo.communicate(timeout=PATIENCE)
        assert demo.returncode == 130 and b"Traceback" not in said

    def _there(blog: str) -> bool:
        return any(one["id"] == blog for one in editor.get("/v1/blogs")["blogs"])

    play_until(lambda blog: "shut" in blog["title"], "the gate is shut")
    play_until(lambda blog: "held" in blog["title"], "the gate has held")
    posts = editor.get("/v1/blogs/demo/posts?limit=100")["posts"]
    assert any(post["correction"] for post in posts) and any(post["media"] for post in posts)
    assert len({post["id"] for post in posts}) == len(posts)
