"""The HTTP contract, route by route."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx2
import pytest

from stoppress.token_secrets import new_token
from stoppress.web.dependencies import Dependencies
from web.checks import errors, token, unchanged

pytestmark = pytest.mark.anyio

Client = httpx2.AsyncClient


# Blogs


async def test_a_blog_is_made_read_listed_changed_and_deleted(admin: Client, anybody: Client) -> None:
    made = await admin.post("/v1/blogs", json={"id": "night", "title": "Night", "timezone": "Europe/Paris"})
    assert made.status_code == 201
    assert (made.headers["location"], made.headers["etag"]) == ("/v1/blogs/night", '"1"')
    assert made.json()["cursor"].endswith(".1")
    read = await anybody.get("/v1/blogs/night")
    assert read.json() == made.json()["blog"] and read.headers["etag"] == '"1"'
    assert [found["id"] for found in (await anybody.get("/v1/blogs")).json()["blogs"]] == ["night"]
    changed = await admin.patch("/v1/blogs/night", json={"status": "paused"}, headers={"If-Match": '"1"'})
    assert (changed.json()["blog"]["status"], changed.headers["etag"]) == ("paused", '"2"')
    assert (await admin.delete("/v1/blogs/night")).status_code == 204
    assert (await anybody.get("/v1/blogs/night")).status_code == 404


async def test_a_blog_without_an_id_gets_a_ulid(admin: Client) -> None:
    made = await admin.post("/v1/blogs", json={"title": "Night"})
    assert len(made.json()["blog"]["id"]) == 26


async def test_a_blog_goes_through_its_life_and_not_backwards_out_of_the_archive(admin: Client, blog: str) -> None:
    for status in ("paused", "live", "ended", "archived"):
        assert (await admin.patch(blog, json={"status": status})).status_code == 200
    refused = await admin.patch(blog, json={"status": "live"})
    assert refused.status_code == 409 and "archived" in refused.json()["detail"]
    assert (await admin.post(f"{blog}/posts", json={"title": "Late"})).status_code == 409


# Posts


async def test_a_post_is_published_read_and_listed(admin: Client, anybody: Client, blog: str) -> None:
    made = await admin.post(f"{blog}/posts", json={"title": "One", "body": "*so*", "body_format": "markdown"})
    assert made.status_code == 201 and made.headers["etag"] == '"1"'
    post = made.json()["post"]
    assert made.headers["location"] == f"{blog}/posts/{post['id']}"
    assert (post["body"], post["body_format"], post["status"]) == ("<p><em>so</em></p>", "html", "published")
    assert post["published_at"] == post["updated_at"] == "2031-05-04T12:00:00Z"
    assert (await anybody.get(f"{blog}/posts/{post['id']}")).json() == post
    assert (await anybody.get(f"{blog}/posts")).json() == {
        "posts": [post],
        "next": None,
        "cursor": made.json()["cursor"],
    }
    assert (await anybody.get(blog)).json()["posts"] == 1


async def test_a_patch_merges_and_its_condition_guards_it(admin: Client, blog: str) -> None:
    path = f"{blog}/posts/one"
    await admin.post(f"{blog}/posts", json={"id": "one", "title": "One", "notes": "n", "tags": ["a"]})
    edited = await admin.patch(path, json={"notes": None, "tags": ["b"]}, headers={"If-Match": '"1"'})
    post = edited.json()["post"]
    assert (post["title"], post["notes"], post["tags"], post["revision"]) == ("One", None, ["b"], 2)
    stale = await admin.patch(path, json={"title": "Two"}, headers={"If-Match": '"1"'})
    assert stale.status_code == 412
    assert stale.json()["current"] == post
    assert (await admin.patch(path, json={"title": "Two"}, headers={"If-Match": 'W/"2"'})).status_code == 412
    assert (await admin.patch(path, json={"title": "Two"}, headers={"If-Match": "2"})).status_code == 400
    assert (await admin.patch(path, json={"title": "Two"}, headers={"If-Match": "*"})).status_code == 200


async def test_a_patch_that_changes_nothing_makes_no_revision(admin: Client, blog: str) -> None:
    made = await admin.post(f"{blog}/posts", json={"id": "one", "title": "One"})
    again = await admin.patch(f"{blog}/posts/one", json={"title": "One"})
    assert again.json() == made.json()


async def test_a_silent_edit_leaves_the_time_shown(admin: Client, blog: str, clock: Any) -> None:
    await admin.post(f"{blog}/posts", json={"id": "one", "title": "One"})
    clock.turn(minutes=5)
    silent = await admin.patch(f"{blog}/posts/one", json={"title": "Oné", "silent": True})
    assert silent.json()["post"]["updated_at"] == "2031-05-04T12:00:00Z"
    loud = await admin.patch(f"{blog}/posts/one", json={"title": "Two"})
    assert loud.json()["post"]["updated_at"] == "2031-05-04T12:05:00Z"
    assert loud.json()["post"]["published_at"] == "2031-05-04T12:00:00Z"


async def test_a_deleted_post_is_gone_with_its_tombstone_and_comes_back_on_purpose(
    admin: Client, anybody: Client, blog: str
) -> None:
    path = f"{blog}/posts/one"
    await admin.post(f"{blog}/posts", json={"id": "one", "title": "One", "body": "<p>x</p>"})
    gone = await admin.delete(path)
    assert gone.json()["post"] == {"id": "one", "revision": 2, "blog": "petrel", "status": "deleted"}
    assert (await admin.delete(path)).json() == gone.json()
    read = await anybody.get(path)
    assert read.status_code == 410 and read.json()["tombstone"]["revision"] == 2
    assert (await admin.patch(path, json={"title": "Back?"})).status_code == 410
    assert (await admin.post(f"{blog}/posts", json={"id": "one", "title": "Anew"})).status_code == 409
    back = await admin.patch(path, json={"status": "published"})
    assert (back.json()["post"]["title"], back.json()["post"]["revision"]) == ("One", 3)
    kinds = [line["post"]["status"] for line in (await admin.get(f"{path}/revisions")).json()["revisions"]]
    assert kinds == ["published", "deleted", "published"]


async def test_drafts_are_seen_by_editors_alone(
    admin: Client, anybody: Client, blog: str, context: Dependencies
) -> None:
    before = await unchanged(anybody, blog)
    made = await admin.post(f"{blog}/posts", json={"id": "d", "title": "Secret", "status": "draft"})
    assert made.status_code == 201
    writer, reader = await token(context, "write"), await token(context, "read")
    for headers in ({}, writer):
        assert (await anybody.get(f"{blog}/posts/d", headers=headers)).status_code == 404
        history = await anybody.get(f"{blog}/posts/d/revisions", headers=headers)
        assert history.status_code == (404 if headers else 401)
    assert (await anybody.get(f"{blog}/posts?status=draft")).status_code == 401
    assert (await anybody.get(f"{blog}/posts/d", headers=reader)).json()["title"] == "Secret"
    listed = await anybody.get(f"{blog}/posts?status=draft", headers=reader)
    assert [post["id"] for post in listed.json()["posts"]] == ["d"]
    assert await unchanged(anybody, blog) == before
    assert (await anybody.patch(f"{blog}/posts/d", json={"status": "published"}, headers=writer)).status_code == 403
    assert (await admin.patch(f"{blog}/posts/d", json={"status": "published"})).status_code == 200
    assert (await admin.patch(f"{blog}/posts/d", json={"status": "draft"})).status_code == 409


async def test_lists_page_through_all_posts_while_others_arrive(admin: Client, anybody: Client, blog: str) -> None:
    for i in range(9):
        await admin.post(f"{blog}/posts", json={"id": f"p{i}", "title": "x", "published_at": f"2031-05-04T10:0{i}:00Z"})
    seen, page = [], ""
    while page is not None:
        query = f"?limit=4&page={page}" if page else "?limit=4"
        answer = (await anybody.get(f"{blog}/posts{query}")).json()
        seen += [post["id"] for post in answer["posts"]]
        page = answer["next"]
        await admin.post(f"{blog}/posts", json={"title": "meanwhile"})
    assert seen == [f"p{i}" for i in reversed(range(9))]
    wrong = await anybody.get(f"{blog}/posts?page=nonsense")
    assert wrong.status_code == 400 and "nonsense" in errors(wrong)["page"]


async def test_changes_tell_the_socket_s_messages(admin: Client, anybody: Client, blog: str) -> None:
    start = (await anybody.get(f"{blog}/changes")).json()
    assert start["messages"] == [] and not start["more"]
    await admin.post(f"{blog}/posts", json={"id": "a", "title": "A"})
    await admin.patch(f"{blog}/posts/a", json={"correction": "It was B."})
    await admin.post(f"{blog}/posts", json={"id": "b", "title": "B"})
    await admin.delete(f"{blog}/posts/b")
    answer = (await anybody.get(f"{blog}/changes", params={"after": start["cursor"]})).json()
    assert [(m["type"], m.get("change")) for m in answer["messages"]] == [("post", "corrected"), ("remove", None)]
    assert answer["messages"][0]["post"]["correction"] == "It was B."
    assert answer["messages"][1]["blog"]["posts"] == 1
    part = (await anybody.get(f"{blog}/changes", params={"after": start["cursor"], "limit": 1})).json()
    assert part["more"] and part["cursor"] == part["messages"][0]["cursor"] != answer["cursor"]
    for cursor, reason in (("other.1", "epoch"), (start["cursor"] + "999", "ahead")):
        reset = (await anybody.get(f"{blog}/changes", params={"after": cursor})).json()["messages"]
        assert [(m["type"], m["reason"], m["cursor"]) for m in reset] == [("reset", reason, answer["cursor"])]


async def test_changes_say_that_a_blog_has_ended_with_every_page_and_without_any_message(
    admin: Client, anybody: Client, blog: str
) -> None:
    start = (await anybody.get(f"{blog}/changes")).json()
    assert start["blog_status"] == "live"
    await admin.post(f"{blog}/posts", json={"title": "A"})
    for status in ("ended", "archived"):
        await admin.patch(blog, json={"status": status})
        first = (await anybody.get(f"{blog}/changes", params={"after": start["cursor"], "limit": 1})).json()
        assert (first["more"], first["blog_status"]) == (True, status)
        last = (await anybody.get(f"{blog}/changes", params={"after": first["cursor"]})).json()
        assert (last["more"], last["blog_status"]) == (False, status)
        for after in ({}, {"after": last["cursor"]}, {"after": "other.1"}):
            assert (await anybody.get(f"{blog}/changes", params=after)).json()["blog_status"] == status


async def test_changes_are_304_to_who_has_them_all(admin: Client, anybody: Client, blog: str) -> None:
    start = await anybody.get(f"{blog}/changes")
    after, tag = {"after": start.json()["cursor"]}, {"If-None-Match": start.headers["etag"]}
    assert (await anybody.get(f"{blog}/changes", params=after, headers=tag)).status_code == 304
    await admin.patch(blog, json={"status": "ended"})
    news = await anybody.get(f"{blog}/changes", params=after, headers=tag)
    assert (news.status_code, news.json()["blog_status"]) == (200, "ended")


# Retries


async def test_the_same_key_gets_the_first_answer_again(admin: Client, blog: str) -> None:
    key = {"Idempotency-Key": "once"}
    first = await admin.post(f"{blog}/posts", json={"title": "Once"}, headers=key)
    answers = await asyncio.gather(
        *(admin.post(f"{blog}/posts", json={"title": "Once"}, headers=key) for _ in range(20))
    )
    assert {answer.text for answer in answers} == {first.text}
    assert {answer.headers.get("idempotent-replayed") for answer in answers} == {"true"}
    assert "idempotent-replayed" not in first.headers
    other = await admin.post(f"{blog}/posts", json={"title": "Other"}, headers=key)
    assert other.status_code == 422
    made = [await admin.post("/v1/blogs", json={"title": "Blog"}, headers=key) for _ in range(2)]
    assert made[0].text == made[1].text


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"id": "gannet", "title": "Gannet"}, {"id": "plover", "title": "Gannet"}),
        ({"title": "Gannet"}, {"id": "plover", "title": "Gannet"}),
        ({"id": "gannet", "title": "Gannet"}, {"title": "Gannet"}),
        ({"id": "gannet", "title": "Gannet"}, {"id": "gannet", "title": "Plover"}),
    ],
)
async def test_a_key_used_for_one_blog_is_refused_for_another(
    admin: Client, first: dict[str, str], second: dict[str, str]
) -> None:
    key = {"Idempotency-Key": "once"}
    made = await admin.post("/v1/blogs", json=first, headers=key)
    other = await admin.post("/v1/blogs", json=second, headers=key)
    assert (made.status_code, other.status_code) == (201, 422)
    assert "Idempotency-Key" in other.json()["detail"]
    assert (await admin.get("/v1/blogs/plover")).status_code == 404
    again = await admin.post("/v1/blogs", json=first, headers=key)
    assert (again.text, again.headers["idempotent-replayed"]) == (made.text, "true")


# Conditions


async def test_reads_answer_304_to_who_has_it(admin: Client, anybody: Client, blog: str) -> None:
    await admin.post(f"{blog}/posts", json={"id": "a", "title": "A"})
    for path in (f"{blog}/posts/a", f"{blog}/posts", "/blogs/petrel"):
        first = await anybody.get(path)
        assert first.status_code == 200
        again = await anybody.get(path, headers={"If-None-Match": first.headers["etag"]})
        assert again.status_code == 304 and not again.content
    await admin.patch(f"{blog}/posts/a", json={"title": "B"})
    assert (await anybody.get("/blogs/petrel", headers={"If-None-Match": first.headers["etag"]})).status_code == 200


# Bad input: each gets its named error, and changes nothing


BAD_POSTS: list[tuple[str, Any, str, str]] = [
    ("wrong type", {"title": 5}, "/title", "got 5"),
    ("wrong type within", {"media": [{"type": "image", "url": 7}]}, "/media/0/url", "got 7"),
    ("unknown field", {"titel": "x"}, "/titel", "unknown field"),
    ("unknown field within", {"links": [{"url": "/a", "title": "t", "rel": "x"}]}, "/links/0/rel", "unknown field"),
    ("field of the server", {"revision": 3}, "/revision", "set by the server"),
    ("script in a body", {"body": "<p>a<script>b()</script></p>"}, "/body", "<script>"),
    ("handler in a body", {"body": '<p onclick="b()">a</p>'}, "/body", "event handler"),
    ("javascript in a link", {"body": '<a href="javascript:b()">a</a>'}, "/body", "javascript:"),
    (
        "javascript as picture",
        {"media": [{"type": "image", "url": "javascript:b()"}]},
        "/media/0/url",
        "javascript:b()",
    ),
    ("control character", {"title": "a\u0007b"}, "/title", "U+0007"),
    ("line break in a title", {"title": "a\nb"}, "/title", "U+000A"),
    ("long title", {"title": "t" * 301}, "/title", "300"),
    ("long body", {"body": "t" * 100_001}, "/body", "100001 characters"),
    ("too many media", {"media": [{"type": "embed", "url": "https://v.example/1"}] * 21}, "/media", "20"),
    ("unknown kind of media", {"media": [{"type": "video", "url": "/v"}]}, "/media/0", "video"),
    ("bad time", {"published_at": "yesterday"}, "/published_at", "yesterday"),
    ("time without a zone", {"published_at": "2031-05-04T12:00:00"}, "/published_at", "2031-05-04T12:00:00"),
    ("bad id", {"id": "../etc"}, "/id", "../etc"),
    ("schedule without a time", {"status": "scheduled"}, "/publish_at", "None"),
    ("not an object", ["a"], "", "['a']"),
]


@pytest.mark.parametrize(
    ("content", "pointer", "detail"), [bad[1:] for bad in BAD_POSTS], ids=[bad[0] for bad in BAD_POSTS]
)
async def test_a_wrong_field_is_named_with_its_value(
    admin: Client, blog: str, content: Any, pointer: str, detail: str
) -> None:
    before = await unchanged(admin, blog)
    answer = await admin.post(f"{blog}/posts", json=content)
    assert answer.status_code == 422
    assert detail in errors(answer)[pointer]
    await admin.post(f"{blog}/posts", json={"id": "kept", "status": "draft"})
    if isinstance(content, dict) and "id" not in content:
        assert (await admin.patch(f"{blog}/posts/kept", json=content)).status_code == 422
    assert await unchanged(admin, blog) == before


async def test_a_bad_time_zone_or_language_is_named(admin: Client) -> None:
    answer = await admin.post("/v1/blogs", json={"title": "T", "timezone": "Mars/Olympus", "language": "klingon!"})
    named = errors(answer)
    assert "'Mars/Olympus'" in named["/timezone"] and "'klingon!'" in named["/language"]
    assert (await admin.get("/v1/blogs")).json()["blogs"] == []


@pytest.mark.parametrize(
    ("content", "kind", "status", "detail"),
    [
        (b'{"title":', "application/json", 400, "line 1 column 9"),
        (b"\xff\xfe", "application/json", 400, "body"),
        (b'{"title": NaN}', "application/json", 400, "line 1"),
        (b'{"title": "\\ud800"}', "application/json", 400, "body"),
        (b"[" * 100_000, "application/json", 400, "body"),
        (b"title=x", "application/x-www-form-urlencoded", 415, "application/x-www-form-urlencoded"),
        (b'"' + b"x" * 1_100_000 + b'"', "application/json", 413, "1048576"),
    ],
)
async def test_a_body_that_is_none_is_refused(
    admin: Client, blog: str, content: bytes, kind: str, status: int, detail: str
) -> None:
    before = await unchanged(admin, blog)
    answer = await admin.post(f"{blog}/posts", content=content, headers={"Content-Type": kind})
    assert answer.status_code == status
    assert detail in answer.json()["detail"]
    assert await unchanged(admin, blog) == before


async def test_who_may_not_is_told_why(anybody: Client, blog: str, context: Dependencies) -> None:
    path, post = f"{blog}/posts", {"title": "x"}
    nobody = await anybody.post(path, json=post)
    assert nobody.status_code == 401 and nobody.headers["www-authenticate"].startswith("Bearer")
    unknown = {"Authorization": "Bearer sp_000000000000_00"}
    assert (await anybody.post(path, json=post, headers=unknown)).status_code == 401
    assert (await anybody.post(path, json=post, headers={"Authorization": "Basic eDp5"})).status_code == 401
    reader = await token(context, "read")
    refused = await anybody.post(path, json=post, headers=reader)
    assert refused.status_code == 403 and "'write'" in refused.json()["detail"] and "read" in refused.json()["detail"]
    elsewhere = await token(context, "publish", blogs=("other",))
    refused = await anybody.post(path, json=post, headers=elsewhere)
    assert refused.status_code == 403 and "'petrel'" in refused.json()["detail"]
    assert (await anybody.delete(blog, headers=await token(context, "publish"))).status_code == 403


async def test_a_revoked_or_expired_token_is_refused_at_once(
    anybody: Client, blog: str, context: Dependencies, clock: Any
) -> None:
    record, text = new_token("brief", ["publish"], [], context.clock().replace(hour=13), context.clock())
    await context.tokens.add(record)
    headers = {"Authorization": f"Bearer {text}"}
    assert (await anybody.post(f"{blog}/posts", json={"title": "x"}, headers=headers)).status_code == 201
    clock.turn(hours=2)
    late = await anybody.post(f"{blog}/posts", json={"title": "x"}, headers=headers)
    assert late.status_code == 401 and "expired" in late.json()["detail"]
    clock.turn(hours=-2)
    await context.tokens.remove(record.id)
    assert (await anybody.post(f"{blog}/posts", json={"title": "x"}, headers=headers)).status_code == 401


@pytest.mark.parametrize(
    "path", ["/v1/blogs/nope", "/v1/blogs/nope/posts", "/v1/blogs/nope/changes", "/v1/blogs/nope/stats"]
)
async def test_an_unknown_blog_is_named(anybody: Client, path: str) -> None:
    answer = await anybody.get(path)
    assert answer.status_code == 404 and "'nope'" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("query", "status", "name"),
    [
        ("posts?order=up", 400, "order"),
        ("posts?limit=0", 400, "limit"),
        ("posts?limit=101", 400, "limit"),
        ("posts?key=yes", 400, "key"),
        ("posts?key=true&tag=a", 400, "tag"),
        ("changes?after=abc", 400, "after"),
        ("changes?limit=x", 400, "limit"),
        ("changes?form=xml", 400, "form"),
    ],
)
async def test_a_wrong_parameter_is_named(anybody: Client, blog: str, query: str, status: int, name: str) -> None:
    answer = await anybody.get(f"{blog}/{query}")
    assert answer.status_code == status and name in errors(answer)


async def test_unknown_paths_and_methods_are_problems_too(anybody: Client) -> None:
    assert (await anybody.get("/nowhere")).json()["status"] == 404
    wrong = await anybody.put("/v1/blogs")
    assert wrong.json()["status"] == 405
    assert {"GET", "POST"} <= {name.strip() for name in wrong.headers["allow"].split(",")}


async def test_a_page_that_is_not_there_is_a_page(anybody: Client, admin: Client, blog: str) -> None:
    assert "<h1" in (await anybody.get("/blogs/nope")).text
    await admin.post(f"{blog}/posts", json={"id": "a", "title": "A"})
    await admin.delete(f"{blog}/posts/a")
    gone = await anybody.get("/blogs/petrel/posts/a")
    assert gone.status_code == 410 and "deleted" in gone.text
    assert (await anybody.get("/blogs/petrel?page=7")).status_code == 404


async def test_operators_see_that_it_lives_is_ready_and_counts(anybody: Client, blog: str) -> None:
    assert (await anybody.get("/healthz")).json() == {"status": "ok"}
    assert (await anybody.get("/readyz")).json() == {"status": "ready"}
    metrics = (await anybody.get("/metrics")).text
    assert 'stoppress_request_seconds_count{method="POST",route="/v1/blogs",status="201"} 1.0' in metrics


# What a pair of fresh eyes found


@pytest.mark.parametrize(
    ("content", "pointer"),
    [
        ({"published_at": "0001-01-01T00:00:00+14:00"}, "/published_at"),
        ({"published_at": "9999-12-31T23:59:59-14:00"}, "/published_at"),
        ({"published_at": 1_700_000_000}, "/published_at"),
        ({"pinned": "yes"}, "/pinned"),
        ({"key": 1}, "/key"),
        ({"media": [{"type": "image", "url": "/x", "width": "12"}]}, "/media/0/width"),
        ({"publish_at": "2199-01-01T00:00:00Z"}, "/publish_at"),
    ],
)
async def test_what_nearly_fits_is_refused_too(admin: Client, blog: str, content: Any, pointer: str) -> None:
    answer = await admin.post(f"{blog}/posts", json=content)
    assert answer.status_code == 422 and pointer in errors(answer)


@pytest.mark.parametrize("name", ["localtime", "posixrules", "right/UTC", "Factory", "../UTC", "europe/paris"])
async def test_only_time_zones_that_mean_the_same_everywhere_count(admin: Client, name: str) -> None:
    answer = await admin.post("/v1/blogs", json={"title": "T", "timezone": name})
    assert answer.status_code == 422 and name in errors(answer)["/timezone"]


@pytest.mark.parametrize("page", ["WyJuZXdlc3QiLCIyMDIzLTAxLTAxVDAwOjAwOjAwWiIsIlx1ZDgwMCJd", "W1tb" * 10_000])
async def test_a_page_token_made_by_hand_is_refused(anybody: Client, blog: str, page: str) -> None:
    answer = await anybody.get(f"{blog}/posts?page={page}")
    assert answer.status_code == 400 and "page" in errors(answer)


async def test_a_format_without_a_body_does_not_touch_the_body(admin: Client, blog: str) -> None:
    await admin.post(f"{blog}/posts", json={"id": "one", "body": "<p>Hello <b>x</b></p>"})
    answer = await admin.patch(f"{blog}/posts/one", json={"body_format": "markdown"})
    assert answer.status_code == 422 and "/body_format" in errors(answer)
    assert (await admin.get(f"{blog}/posts/one")).json()["body"] == "<p>Hello <b>x</b></p>"


async def test_the_deletion_of_a_blog_is_guarded_too(admin: Client, blog: str) -> None:
    await admin.patch(blog, json={"title": "Changed meanwhile"})
    refused = await admin.delete(blog, headers={"If-Match": '"1"'})
    assert refused.status_code == 412 and refused.json()["current"]["title"] == "Changed meanwhile"
    assert (await admin.delete(blog, headers={"If-Match": '"2"'})).status_code == 204


async def test_fifty_editors_at_one_post_all_get_through(admin: Client, blog: str) -> None:
    await admin.post(f"{blog}/posts", json={"id": "one", "title": "0"})
    answers = await asyncio.gather(*(admin.patch(f"{blog}/posts/one", json={"title": f"Edit {i}"}) for i in range(50)))
    assert {answer.status_code for answer in answers} == {200}
    assert sorted(answer.json()["post"]["revision"] for answer in answers) == list(range(2, 52))
