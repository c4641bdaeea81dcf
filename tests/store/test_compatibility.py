"""Versions can follow one another at the same store, and stand beside each other.

A data folder or a Redis that version 0.1 wrote opens unchanged, and a hub of version 0.1 can read what this one writes.
version_0_1/README.md says where the files come from.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import httpx2
import jsonschema_rs
import pytest
import redis as blocking_redis
from websockets.sync.client import connect

from conftest import EDITOR, Clock
from e2e.server import Server, running
from stoppress.editing.blogs import Blogs
from stoppress.editing.posts import Posts
from stoppress.model import Cursor
from stoppress.store.embedded.binary import find_binary
from stoppress.store.redis_keys import Keys
from stoppress.store.redis_store import RedisStore
from store.version_0_1.record import FULL
from waiting import PATIENCE

pytestmark = [pytest.mark.server, pytest.mark.redis_server]

OLD = Path(__file__).parent / "version_0_1"
ANSWERS: dict[str, Any] = json.loads((OLD / "answers.json").read_text(encoding="utf-8"))
BRIDGE = "/v1/blogs/bridge"


def commands(file: bytes) -> Iterator[Sequence[bytes]]:
    """The commands of an append-only file (RESP: `*COUNT`, then `$LENGTH` and an argument as often)."""
    at = 0

    def number(mark: bytes) -> int:
        nonlocal at
        end = file.index(b"\r\n", at)
        assert file[at : at + 1] == mark, f"expected {mark!r} at byte {at}, but got {file[at : at + 1]!r}"
        value, at = int(file[at + 1 : end]), end + 2
        return value

    while at < len(file):
        arguments = []
        for _ in range(number(b"*")):
            length = number(b"$")
            arguments.append(file[at : at + length])
            at += length + 2
        yield arguments


def load_into(url: str) -> None:
    """Put what the old version wrote into a server that was empty."""
    (file,) = (OLD / "data" / "valkey" / "appendonlydir").glob("*.incr.aof")
    with blocking_redis.Redis.from_url(url) as client:
        client.flushall()
        for command in commands(file.read_bytes()):
            if command[0] not in (b"SELECT", b"MULTI", b"EXEC"):
                client.execute_command(*command)


@pytest.fixture(scope="module", params=["data folder", "redis"])
def server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, store_binary: str | None
) -> Iterator[Server]:
    """This version at what version 0.1 left."""
    data = tmp_path_factory.mktemp("old") / "data"
    shutil.copytree(OLD / "data", data)
    settings = {}
    if store_binary and request.param == "data folder":
        if find_binary(store_binary).name != "Valkey":
            pytest.skip(f"version 0.1 wrote its data folder with Valkey 8, which {store_binary} can't read")
        settings = {"store_binary": store_binary}
    if request.param == "redis":
        shutil.rmtree(data / "valkey")
        settings = {"redis_url": request.getfixturevalue("redis_url")}
        load_into(settings["redis_url"])
    with running(data, demo="0", **settings) as server:
        yield server


@pytest.fixture
def client(server: Server) -> Iterator[httpx2.Client]:
    """With the token that the old version made."""
    headers = {"Authorization": f"Bearer {ANSWERS['token']}"}
    with httpx2.Client(base_url=server.url, headers=headers, timeout=PATIENCE) as client:
        yield client


def lacking(new: Any, old: Any, where: str = "") -> list[str]:
    """Where a new answer does not hold what the old one did; it may hold more."""
    if isinstance(old, dict) and isinstance(new, dict):
        gone = [f"{where}/{name} is gone" for name in old.keys() - new.keys()]
        return gone + [
            line for name in old.keys() & new.keys() for line in lacking(new[name], old[name], f"{where}/{name}")
        ]
    if isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        return [line for i, (a, b) in enumerate(zip(new, old, strict=True)) for line in lacking(a, b, f"{where}/{i}")]
    return [] if new == old else [f"{where}: expected {old!r}, but got {new!r}"]


# A server for the whole module: what only reads comes first.


@pytest.mark.parametrize("read", ANSWERS["reads"], ids=lambda read: read["path"])
def test_everything_reads_as_it_did(client: httpx2.Client, read: dict[str, Any]) -> None:
    answer = client.get(read["path"])
    assert answer.status_code == read["status"]
    old = read["answer"] if read["status"] < 400 else {"tombstone": read["answer"]["tombstone"]}
    assert lacking(answer.json(), old) == []


def test_pages_and_pictures_are_there(client: httpx2.Client) -> None:
    page = client.get("/blogs/bridge")
    assert page.status_code == 200
    assert "The tram is across — über die Brücke" in page.text and "Not yet" not in page.text
    picture = client.get(ANSWERS["picture"]["url"])
    assert (picture.status_code, picture.headers["content-type"]) == (200, "image/png")


def test_a_reader_goes_on_from_an_old_cursor_by_socket(server: Server) -> None:
    caught_up = next(read for read in ANSWERS["reads"] if "/bridge/changes?after=" in read["path"])
    after = caught_up["path"].partition("after=")[2]
    with connect(f"{server.url.replace('http', 'ws')}{BRIDGE}/socket?cursor={after}", proxy=None) as reader:
        hello = json.loads(reader.recv(timeout=PATIENCE))
        assert (hello["type"], hello["cursor"], hello["resumed"]) == ("hello", after, True)
        told = [json.loads(reader.recv(timeout=PATIENCE)) for _ in caught_up["answer"]["messages"]]
    assert lacking(told, caught_up["answer"]["messages"]) == []


@pytest.mark.parametrize("retry", ANSWERS["retries"], ids=lambda retry: retry["key"])
def test_a_retry_gets_the_answer_that_the_first_try_got(client: httpx2.Client, retry: dict[str, Any]) -> None:
    answer = client.post(retry["path"], json=retry["content"], headers={"Idempotency-Key": retry["key"]})
    assert answer.headers["idempotent-replayed"] == "true"
    assert answer.status_code == retry["status"]
    assert lacking(answer.json(), retry["answer"]) == []


@pytest.mark.parametrize("key", ["a-post", "a-batch"])
def test_a_key_stays_with_its_request(client: httpx2.Client, key: str) -> None:
    (path,) = [retry["path"] for retry in ANSWERS["retries"] if retry["key"] == key]
    assert client.post(path, json={"title": "Another"}, headers={"Idempotency-Key": key}).status_code == 422


def test_writes_go_on_with_the_next_number(client: httpx2.Client) -> None:
    head = Cursor.parse(client.get(f"{BRIDGE}/changes").json()["cursor"])
    made = client.post(f"{BRIDGE}/posts", json={"id": "new", "title": "By the new version"})
    assert made.status_code == 201
    edited = client.patch(f"{BRIDGE}/posts/full", json={"title": "Edited"}, headers={"If-Match": '"1"'})
    drafted = client.patch(f"{BRIDGE}/posts/draft", json={"status": "published"})
    back = client.patch(f"{BRIDGE}/posts/deleted", json={"status": "published"})
    gone = client.delete(f"{BRIDGE}/posts/bare")
    blog = client.patch(BRIDGE, json={"status": "live"})
    cursors = [answer.json()["cursor"] for answer in (made, edited, drafted, back, gone, blog)]
    assert cursors == [str(Cursor(head.epoch, head.sequence + i)) for i in range(1, 7)]
    changes = client.get(f"{BRIDGE}/changes?after={head}").json()
    assert [(message["type"], message["cursor"]) for message in changes["messages"]] == list(
        zip(["post", "post", "post", "post", "remove", "blog"], cursors, strict=True)
    )
    assert back.json()["post"]["title"] == "Wrong"
    assert client.patch("/v1/blogs/over", json={"title": "Not any more"}).status_code == 409


# A hub of version 0.1 beside this version

RECORD = jsonschema_rs.validator_for(json.loads((OLD / "record.schema.json").read_text(encoding="utf-8")))


@pytest.mark.anyio
async def test_a_hub_of_version_0_1_can_read_all_that_is_written(
    store: RedisStore, valkey_url: str, clock: Clock
) -> None:
    blogs, posts = Blogs(store, clock), Posts(store, clock)
    blog = {"id": "bridge", "title": "Bridge", "description": "D", "byline": "B", "authors": FULL["authors"]}
    await blogs.create(blog | {"timezone": "Europe/Berlin", "language": "de"}, EDITOR)
    await posts.create("bridge", {"id": "bare"}, EDITOR)
    await posts.create("bridge", FULL, EDITOR)
    await posts.create_all("bridge", {"posts": [{"id": "a", "title": "A"}, {"id": "b", "title": "B"}]}, EDITOR)
    clock.turn(seconds=1)
    for patch in (
        {"title": "Edited"},
        {"correction": "It was the second tram."},
        {"published_at": "2031-05-04T11:00:00.250Z"},
        {"pinned": False},
        {"pinned": True},
    ):
        await posts.edit("bridge", "full", patch, EDITOR)
    await posts.delete("bridge", "full", EDITOR)
    await posts.edit("bridge", "full", {"status": "published"}, EDITOR)
    for status in ("scheduled", "live", "paused", "ended", "archived"):
        await blogs.edit("bridge", {"status": status}, EDITOR)
    with blocking_redis.Redis.from_url(valkey_url, decode_responses=True) as client:
        entries: Any = client.xrange(Keys("bridge").events)
    kinds = set()
    for name, fields in entries:
        assert fields.keys() >= {"record", "epoch", "at"} and fields["at"].isdecimal()
        record = json.loads(fields["record"])
        assert [error.message for error in RECORD.iter_errors(record)] == []
        assert name == f"{record[0]}-0"
        kinds.add(record[3].get("change") or next(iter(record[3])))
    assert kinds == {
        "blog", "removed", "published", "edited", "corrected", "moved", "pinned", "unpinned", "restored",
    }  # fmt: skip


def test_version_0_1_refuses_unknown_fields() -> None:
    """So the test above would fail at a field that is new: hubs of version 0.1 have to be gone before there is one."""
    entry = next(read["answer"] for read in ANSWERS["reads"] if read["path"] == f"{BRIDGE}/posts/full")
    assert RECORD.is_valid([1, 1, None, {"change": "edited", "post": entry}])
    assert not RECORD.is_valid([1, 1, None, {"change": "edited", "post": entry | {"sentiment": "glad"}}])
