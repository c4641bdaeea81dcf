"""Finished answers in front of the application: the same bytes, in their turn, and never older than the request."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, replace

import httpx2
import pytest
import uvicorn

from stoppress.connection_deadlines import ConnectionDeadlines
from stoppress.errors import Unavailable
from stoppress.metrics import Metrics
from stoppress.model import Cursor
from stoppress.store.redis_stream import RedisLog
from stoppress.web.cache.page_cache import FinishedPages, PageCache
from stoppress.web.dependencies import Dependencies
from stoppress.web.routes import site
from stoppress.web.uvicorn_protocol import http_protocol
from uvicorn_in_loop import listening
from web.checks import CLIENT, client_files

pytestmark = pytest.mark.anyio

PAGE = "/blogs/petrel"


@dataclass
class Process:
    """A server as app.py puts it together, and what it has asked the store."""

    port: int
    metrics: Metrics
    asked: list[Sequence[str]]
    down: bool = False

    def counted(self, status: int) -> float:
        """Requests for the page with this status."""
        labels = {"route": "/blogs/{blog}", "method": "GET", "status": str(status)}
        return self.metrics.registry.get_sample_value("stoppress_request_seconds_count", labels) or 0.0


@pytest.fixture
async def process(context: Dependencies, valkey_url: str) -> AsyncIterator[Process]:
    process = Process(0, context.metrics, [])
    log = RedisLog(valkey_url, context.settings)

    async def read(blogs: Sequence[str]) -> Mapping[str, Cursor | None]:
        process.asked.append(blogs)
        if process.down:
            raise Unavailable("down")
        return await log.heads(blogs)

    context = replace(context, page_cache=PageCache(context.settings, read))
    config = uvicorn.Config(
        site(context, client=client_files(), pictures=CLIENT, live=[]),
        port=0,
        http=http_protocol(
            65_536,
            context.page_cache,
            context.metrics,
            ConnectionDeadlines(context.settings, context.metrics),
        ),
        lifespan="off",
        log_config=None,
        server_header=False,
    )
    async with listening(config) as process.port:
        yield process
    await log.close()


@pytest.fixture
async def reader(process: Process, blog: str) -> AsyncIterator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{process.port}") as client:
        yield client


def lasting(answer: httpx2.Response) -> dict[str, object]:
    """Its headers but those that say what time it is; Vary as the set that it is."""
    found = {name: value for name, value in answer.headers.items() if name not in ("date", "server-timing")}
    return found | {"vary": set(found["vary"].split(", "))}


FORMS: list[dict[str, str]] = [
    {"Accept-Encoding": "gzip"},
    {"Accept-Encoding": "identity"},
    {"Accept-Encoding": "gzip", "Origin": "https://news.example"},
]


@pytest.mark.parametrize("path", [PAGE, f"{PAGE}?order=oldest", f"{PAGE}/feed.atom", f"{PAGE}/feed.json"])
@pytest.mark.parametrize("headers", FORMS, ids=["gzip", "plain", "of another origin"])
async def test_the_front_answers_as_the_application_does(
    reader: httpx2.AsyncClient, anybody: httpx2.AsyncClient, path: str, headers: dict[str, str]
) -> None:
    ordinary = await anybody.get(path, headers={**headers, "Host": reader.base_url.netloc.decode()})
    await reader.get(path, headers=headers)  # made, and kept
    finished = await reader.get(path, headers=headers)
    assert finished.status_code == ordinary.status_code == 200
    assert finished.content == ordinary.content
    assert lasting(finished) == lasting(ordinary)
    assert finished.headers["server-timing"].startswith("now;dur=")
    assert finished.headers["date"]
    assert "stale-while-revalidate" in finished.headers["cache-control"]
    known = {**headers, "If-None-Match": f'"else", {ordinary.headers["etag"]}'}
    again = await reader.get(path, headers=known)
    assert again.status_code == 304
    assert again.content == b""
    assert again.headers["etag"] == ordinary.headers["etag"]
    head = await reader.head(path, headers=headers)
    assert head.status_code == 200
    assert head.content == b""
    assert lasting(head) == lasting(ordinary)


async def test_a_shared_link_is_answered_by_the_front_as_well(
    reader: httpx2.AsyncClient, process: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = await reader.get(f"{PAGE}?utm_source=x")  # made, and kept

    async def never(*_: object) -> None:
        raise AssertionError("this took the ordinary way")

    monkeypatch.setattr(FinishedPages, "of", never)
    for query in ("", "?utm_source=y&fbclid=z", "?order=newest", "?%6Frder=newest&a"):
        answer = await reader.get(PAGE + query)
        assert answer.status_code == 200
        assert answer.content == first.content
    wrong = await reader.get(f"{PAGE}?page=abc")
    assert (wrong.status_code, wrong.headers["cache-control"]) == (404, "no-store")


async def test_what_another_process_writes_is_there_at_once_and_what_it_deletes_is_gone(
    reader: httpx2.AsyncClient, admin: httpx2.AsyncClient, blog: str
) -> None:
    for i in range(5):
        await reader.get(PAGE)
        await admin.post(f"{blog}/posts", json={"id": f"p{i}"})
        assert f"post-p{i}" in (await reader.get(PAGE)).text
        assert f"post-p{i}" in (await reader.get(PAGE)).text
    await admin.delete(f"{blog}/posts/p3")
    assert "post-p3" not in (await reader.get(PAGE)).text
    epoch = (await reader.get(PAGE)).headers["etag"]
    await admin.delete(blog)
    assert (await reader.get(PAGE)).status_code == 404
    await admin.post("/v1/blogs", json={"id": "petrel", "title": "Another night"})
    assert (await reader.get(PAGE)).headers["etag"] != epoch


async def test_many_at_once_share_one_question_and_each_is_counted(
    reader: httpx2.AsyncClient, process: Process, caplog: pytest.LogCaptureFixture
) -> None:
    await reader.get(PAGE)
    process.asked.clear()
    requests = b"GET /blogs/petrel HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n\r\n" % process.port
    lines = [await asyncio.open_connection("127.0.0.1", process.port) for _ in range(50)]
    before = process.counted(200)
    with caplog.at_level(logging.INFO, "uvicorn.access"):
        for _, writer in lines:
            writer.write(requests)
        heads = [await line.readuntil(b"\r\n\r\n") for line, _ in lines]
    assert {head.split(b"\r\n")[0] for head in heads} == {b"HTTP/1.1 200 OK"}
    assert process.counted(200) == before + 50
    assert sum("GET /blogs/petrel HTTP/1.1" in line for line in caplog.messages) == 50
    assert 1 <= len(process.asked) < 25
    for _, writer in lines:
        writer.close()


async def test_requests_in_one_piece_are_answered_in_turn(
    reader: httpx2.AsyncClient, process: Process, admin: httpx2.AsyncClient
) -> None:
    host = b"Host: 127.0.0.1:%d\r\n" % process.port
    await reader.get(PAGE)
    line, writer = await asyncio.open_connection("127.0.0.1", process.port)
    paths = [b"/blogs/petrel", b"/healthz", b"/blogs/petrel", b"/blogs/petrel?order=oldest", b"/blogs/petrel"]
    writer.write(b"".join(b"GET %s HTTP/1.1\r\n%s\r\n" % (path, host) for path in paths[:-1]))
    writer.write(b"GET %s HTTP/1.1\r\n%sConnection: close\r\n\r\n" % (paths[-1], host))
    answers = await line.read()
    writer.close()
    kinds = [part.split(b"\r\n")[0] for part in answers.split(b"\r\ncontent-type: ")[1:]]
    assert [kind.split(b";")[0] for kind in kinds] == [b"text/html", b"application/json", *[b"text/html"] * 3]
    assert answers.count(b"HTTP/1.1 200 OK") == 5
    assert answers.count(b"connection: close") == 1
    line, writer = await asyncio.open_connection("127.0.0.1", process.port)
    writer.write(b"GET /blogs/petrel HTTP/1.0\r\n%s\r\n" % host)
    assert (await line.read()).endswith(b"</html>")
    writer.close()


async def test_each_address_has_answers_of_its_own(reader: httpx2.AsyncClient) -> None:
    for host in ("one.example", "two.example"):
        for _ in range(2):
            text = (await reader.get(PAGE, headers={"Host": host})).text
            assert f'<link rel="canonical" href="http://{host}/blogs/petrel">' in text
    await reader.get(PAGE, headers={"Host": "one.example"})
    secure = await reader.get(PAGE, headers={"Host": "one.example", "X-Forwarded-Proto": "https"})
    assert 'href="https://one.example/blogs/petrel"' in secure.text


async def test_while_the_store_is_down_a_page_comes_from_memory_and_others_are_unavailable(
    reader: httpx2.AsyncClient, process: Process
) -> None:
    known = await reader.get(PAGE)
    process.down = True
    for request in ({}, {"x-forwarded-proto": "http"}):  # in front of the application, and behind it
        kept = await reader.get(PAGE, headers=request)
        assert (kept.status_code, kept.text) == (200, known.text)
        assert kept.headers["cache-status"].startswith("stoppress; hit; ttl=-")
    answer = await reader.get(f"{PAGE}?order=oldest")
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "1"
    process.down = False
    for path in (PAGE, f"{PAGE}?order=oldest"):
        fresh = await reader.get(path)
        assert fresh.status_code == 200 and "cache-status" not in fresh.headers


async def answered(process: Process, request: bytes) -> bytes:
    line, writer = await asyncio.open_connection("127.0.0.1", process.port)
    writer.write(request)
    answer = await line.read()
    writer.close()
    return answer


@pytest.mark.parametrize("path", [PAGE, f"{PAGE}/feed.atom", "/healthz"])
@pytest.mark.parametrize(
    "head",
    [
        b"HTTP/1.1\r\nHost: live.example\r\nHost: evil.example\r\n",
        b"HTTP/1.1\r\nHost: evil.example\r\nHost: live.example\r\n",
        b"HTTP/1.0\r\nHost: live.example\r\nHost: evil.example\r\n",
        b"HTTP/1.1\r\nHost: evil.example/x\r\n",
        b"HTTP/1.1\r\n",
    ],
    ids=["two", "two, the other way", "two in 1.0", "no host", "none"],
)
async def test_a_wrong_host_is_400_and_no_page_gets_its_address(
    reader: httpx2.AsyncClient, process: Process, path: str, head: bytes
) -> None:
    start = b"GET %s " % path.encode()
    for _ in range(2):
        answer = await answered(process, start + head + b"Connection: close\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 400 ")
        assert b'"parameter":"Host"' in answer
    for host in ("live.example", "evil.example"):
        page = await reader.get(PAGE, headers={"Host": host})
        assert f'<link rel="canonical" href="http://{host}/blogs/petrel">' in page.text


async def test_health_checks_of_http_1_0_need_no_host(process: Process) -> None:
    answer = await answered(process, b"GET /healthz HTTP/1.0\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 200 ")


async def test_without_a_host_a_page_names_this_server(process: Process, reader: httpx2.AsyncClient) -> None:
    for _ in range(2):
        answer = await answered(process, b"GET /blogs/petrel HTTP/1.0\r\n\r\n")
        assert b'href="http://127.0.0.1:%d/blogs/petrel"' % process.port in answer


async def test_the_host_of_an_absolute_target_replaces_the_header(process: Process, reader: httpx2.AsyncClient) -> None:
    for _ in range(2):
        target = b"GET http://live.example/blogs/petrel HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n"
        answer = await answered(process, target)
        assert b'<link rel="canonical" href="http://live.example/blogs/petrel">' in answer
        assert b"evil.example" not in answer
    wrong = await answered(process, target.replace(b"//live", b"//user@live"))
    assert wrong.startswith(b"HTTP/1.1 400 ")
