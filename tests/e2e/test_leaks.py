"""A hunt for what readers must not see: every route of the OpenAPI document is asked, in every way a reader can."""

from __future__ import annotations

import asyncio
import itertools
import json
from typing import Any

import httpx2
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from waiting import PATIENCE

from .server import EditorClient, Server

pytestmark = pytest.mark.server

MARKER = "Zanzibarian"
BLOGS = ("petrel", "nope")
POSTS = ("draft", "scheduled", "deleted", "was-draft", "undone", "open", "nope")
LATER = "2099-01-01T00:00:00Z"
SECRET: dict[str, Any] = {
    "title": f"{MARKER} title",
    "body": f"<p>{MARKER} body</p>",
    "byline": MARKER,
    "authors": [{"name": MARKER}],
    "key": True,
    "pinned": True,
    "key_title": MARKER,
    "media": [{"type": "image", "url": f"https://pictures.example/{MARKER}.jpg", "alt": MARKER, "caption": MARKER}],
    "links": [{"url": f"https://example.org/{MARKER}", "title": MARKER}],
    "notes": MARKER,
    "correction": MARKER,
    "tags": [MARKER],
}
# What each parameter is tried with; the others are left out.
VALUES: dict[str, tuple[str, ...]] = {
    "status": ("draft", "scheduled", "deleted"),
    "order": ("oldest",),
    "limit": ("1", "0"),
    "key": ("true",),
    "pinned": ("true",),
    "tag": ("sea",),
    "form": ("json", "html"),
    "page": ("1", "2", "x"),
    "If-Match": ('"1"',),
    "Idempotency-Key": ("once",),
}


def _hide(editor: EditorClient) -> None:
    """Posts that readers may not see, in every way in which a post can be so."""
    editor.blog(id="petrel", title="The night of the Petrel")
    editor.post("petrel", id="open", title="For everybody", tags=["sea"])
    editor.post("petrel", id="draft", status="draft", **SECRET)
    editor.post("petrel", id="scheduled", status="scheduled", publish_at=LATER, **SECRET)
    editor.post("petrel", id="deleted", **SECRET)
    editor.delete("petrel", "deleted")
    editor.post("petrel", id="was-draft", status="draft", **SECRET)
    editor.delete("petrel", "was-draft")
    # What was taken out of a post by an edit is with its editors alone, too.
    editor.post("petrel", id="undone", **SECRET)
    editor.edit("petrel", "undone", **{**dict.fromkeys(SECRET), "title": "Nothing happened"})


def _requests(document: dict[str, Any], cursors: tuple[str, ...]) -> list[httpx2.Request]:
    """Every operation, on every blog and post, with each value of each parameter, and as HEAD where there is a GET."""
    values = VALUES | {"after": cursors, "cursor": cursors, "Last-Event-ID": cursors}
    found = []
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            names = [parameter["name"] for parameter in operation.get("parameters", ()) if parameter["in"] != "path"]
            chances: list[dict[str, str]] = [{}]
            chances += [{name: value} for name in names for value in values.get(name, ())]
            chances.append({"If-None-Match": "*"})
            for blog, post, given in itertools.product(BLOGS, POSTS, chances):
                url = path.replace("{blog}", blog).replace("{post}", post).replace("{revision}", "1")
                queries = {name: value for name, value in given.items() if name[0].islower()}
                headers = {name: value for name, value in given.items() if name[0].isupper()}
                for verb in {method.upper(), *(["HEAD"] if method == "get" else [])}:
                    content = {"title": "x"} if "requestBody" in operation else None
                    found.append(httpx2.Request(verb, f"http://x{url}", params=queries, headers=headers, json=content))
    return list({(str(one.method), str(one.url), str(one.headers)): one for one in found}.values())


async def _ask(url: str, document: dict[str, Any], cursors: tuple[str, ...]) -> int:
    """Ask everything; how many answers were looked at."""
    asked = 0
    async with httpx2.AsyncClient(base_url=url, timeout=PATIENCE) as client:
        for one in _requests(document, cursors):
            request = client.build_request(
                one.method, one.url.raw_path.decode(), headers=dict(one.headers) | {"host": "x"}, content=one.content
            )
            response = await client.send(request, stream=True)
            if response.headers.get("content-type", "").startswith("text/event-stream"):
                text = await _first_events(response)
            else:
                text = (await response.aread()).decode()
            await response.aclose()
            whole = f"{response.status_code} {response.headers} {text}"
            assert MARKER.lower() not in whole.lower(), f"{one.method} {one.url} {one.headers} → {whole[:2000]}"
            assert response.status_code < 500, f"{one.method} {one.url} → {whole[:500]}"
            asked += 1
    return asked


async def _first_events(response: httpx2.Response) -> str:
    """What an event stream says until its first heartbeat or reset."""
    text = ""
    async for part in response.aiter_text():
        text += part
        if '"heartbeat"' in text or '"reset"' in text:
            break
    return text


async def _listen(url: str, protocol: str, cursor: str | None, until: asyncio.Event) -> list[str]:
    """Everything that a socket says until then."""
    query = f"?cursor={cursor}" if cursor else ""
    address = url.replace("http", "ws") + f"/v1/blogs/petrel/socket{query}"
    said: list[str] = []
    async with connect(address, subprotocols=[protocol], proxy=None) as socket:  # type: ignore[list-item]
        reading = asyncio.create_task(_read(socket, said))
        await until.wait()
        await socket.close()
        await reading
    return said


async def _read(socket: Any, said: list[str]) -> None:
    try:
        async for message in socket:
            said.append(message)  # noqa: PERF401 - what was said before the connection closed counts
    except ConnectionClosed:
        pass


async def _hear(url: str, editor: EditorClient, cursors: tuple[str, ...]) -> None:
    """Sockets in both forms from every cursor, while drafts are edited and a last open post is published."""
    done = asyncio.Event()
    chances = list(itertools.product(("stoppress.v1.json", "stoppress.v1.html"), (None, *cursors)))
    tasks = [asyncio.create_task(_listen(url, form, cursor, done)) for form, cursor in chances]
    await asyncio.to_thread(editor.edit, "petrel", "draft", title=f"{MARKER} again")
    await asyncio.to_thread(editor.edit, "petrel", "scheduled", publish_at="2098-01-01T00:00:00Z")
    await asyncio.to_thread(editor.post, "petrel", id="last", title="The last one")
    async with asyncio.timeout(PATIENCE):
        async with connect(
            url.replace("http", "ws") + "/v1/blogs/petrel/socket?cursor=" + cursors[0], proxy=None
        ) as own:
            while json.loads(await own.recv()).get("post", {}).get("id") != "last":
                pass
    done.set()
    for (form, cursor), said in zip(chances, await asyncio.gather(*tasks), strict=True):
        assert said, f"{form} from {cursor} said nothing"
        for message in said:
            assert MARKER.lower() not in message.lower(), f"{form} from {cursor}: {message}"


def test_no_reader_is_told_what_is_not_published(server: Server, editor: EditorClient) -> None:
    _hide(editor)
    head = editor.get("/v1/blogs/petrel/changes")["cursor"]
    epoch, _, last = head.partition(".")
    cursors = tuple(f"{epoch}.{sequence}" for sequence in range(int(last) + 1)) + ("other.1", f"{epoch}.999", "x")
    asyncio.run(_hear(server.url, editor, cursors[:-1]))
    assert asyncio.run(_ask(server.url, editor.get("/openapi.json"), cursors)) > 500
