"""Input that is made to be expensive: refused with a short answer, and without work for the event loop's process."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx2
import pytest

from web.checks import errors, unchanged

pytestmark = pytest.mark.anyio

Client = httpx2.AsyncClient


@contextmanager
def little_work_here() -> Iterator[None]:
    """Fails when this process, which has the event loop, worked for a second. Before, it worked for 2 to 14 s."""
    before = time.process_time()
    yield
    assert time.process_time() - before < 1


REFERENCES = "[a]: /" + "x" * 48_000 + "\n\n" + "[a]" * 16_000


@pytest.mark.parametrize(
    ("content", "pointer", "detail"),
    [
        ({"body": REFERENCES, "body_format": "markdown"}, "/body", "repeat at most 500000 characters"),
        ({"body": "&" * 20_001}, "/body", "at most 100000 characters as HTML, but got 100005"),
        ({"body": "<table>" + "<p>x" * 24_000}, "/body", "at most 100000 characters as HTML, but got 192015"),
        ({"media": [0] * 500_000}, "/media", "at most 20 items, but got 500000"),
        ({f"a{i}": 0 for i in range(80_000)}, "", "at most 50 members, but got 80000"),
    ],
)
async def test_an_expensive_post_is_refused_by_name(
    admin: Client, blog: str, content: dict[str, Any], pointer: str, detail: str
) -> None:
    await admin.post(f"{blog}/posts", json={"id": "there", "title": "There"})
    before = await unchanged(admin, blog)
    text = json.dumps(content, separators=(",", ":"))
    kind = {"Content-Type": "application/json"}
    with little_work_here():
        for answer in (
            await admin.post(f"{blog}/posts", content=text, headers=kind),
            await admin.patch(f"{blog}/posts/there", content=text, headers=kind),
            await admin.post(f"{blog}/posts:batch", content=f'{{"posts":[{text}]}}', headers=kind),
        ):
            named = errors(answer)
            assert answer.status_code == 422 and len(answer.content) < 1_000
            assert [(name.removeprefix("/posts/0"), detail in said) for name, said in named.items()] == [
                (pointer, True)
            ]
    assert await unchanged(admin, blog) == before


async def test_a_batch_of_wrong_posts_names_a_hundred_errors(admin: Client, blog: str) -> None:
    before = await unchanged(admin, blog)
    wrong = {"media": [{"type": "image", "url": 7, "x": 1}] * 20, **{f"a{i}": 0 for i in range(40)}}
    with little_work_here():
        answer = await admin.post(f"{blog}/posts:batch", json={"posts": [wrong] * 500})
    assert answer.status_code == 422 and len(answer.content) < 30_000
    assert len(answer.json()["errors"]) == 100
    assert answer.json()["detail"].endswith("; 39900 more errors are not listed")
    assert await unchanged(admin, blog) == before


async def test_a_long_post_is_published_and_read_back(admin: Client, blog: str) -> None:
    body = "<p>A <b>long</b> story.</p>" * 3_500
    made = await admin.post(f"{blog}/posts", json={"id": "long", "body": body})
    assert made.status_code == 201
    assert (await admin.get(f"{blog}/posts/long")).json()["body"] == body
    text = "So *long*.\n\n" * 4_000
    changed = await admin.patch(f"{blog}/posts/long", json={"body": text, "body_format": "markdown"})
    assert changed.json()["post"]["body"].count("<p>So <em>long</em>.</p>") == 4_000
    batch = await admin.post(f"{blog}/posts:batch", json={"posts": [{"body": body}] * 20})
    assert [one["post"]["body"] for one in batch.json()["posts"]] == [body] * 20
