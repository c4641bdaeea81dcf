"""What wraps each endpoint: the count of its answers, its errors as problems, one route for all methods of a path."""

from __future__ import annotations

import asyncio

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from stoppress.errors import Gone, StopPressError
from stoppress.metrics import Metrics
from stoppress.web.http.endpoint import Endpoint, counted, route

pytestmark = pytest.mark.anyio

PATH = "/things/{blog}"


async def read(request: Request) -> Response:
    return PlainTextResponse("read")


async def gone(request: Request) -> Response:
    raise Gone("it was deleted", {})


async def broken(request: Request) -> Response:
    raise ZeroDivisionError


def count(metrics: Metrics, method: str, status: int) -> float:
    labels = {"route": PATH, "method": method, "status": str(status)}
    return metrics.registry.get_sample_value("stoppress_request_seconds_count", labels) or 0.0


def client(**endpoints: Endpoint) -> httpx2.AsyncClient:
    transport = httpx2.ASGITransport(Starlette(routes=[route(PATH, endpoints)]), raise_app_exceptions=False)
    return httpx2.AsyncClient(transport=transport, base_url="http://test")


async def test_each_answer_is_counted_with_its_status_and_an_error_is_a_problem() -> None:
    metrics = Metrics()
    async with client(
        GET=counted(read, "GET", PATH, metrics), DELETE=counted(gone, "DELETE", PATH, metrics)
    ) as anybody:
        assert (await anybody.get("/things/one")).text == "read"
        answer = await anybody.delete("/things/one")
    assert answer.status_code == 410 and answer.json()["detail"] == "it was deleted"
    assert count(metrics, "GET", 200) == count(metrics, "DELETE", 410) == 1


async def test_the_task_of_a_request_is_named_after_its_route_and_size() -> None:
    async def name(request: Request) -> Response:
        task = asyncio.current_task()
        return PlainTextResponse(task.get_name() if task else "")

    async with client(POST=counted(name, "POST", PATH, Metrics())) as anybody:
        answer = await asyncio.create_task(anybody.post("/things/one?limit=5", content=b"12345"))
    assert answer.text == f"POST {PATH}, '?limit=5' with 5 bytes"


async def test_a_bug_is_counted_as_500() -> None:
    metrics = Metrics()
    async with client(GET=counted(broken, "GET", PATH, metrics)) as anybody:
        assert (await anybody.get("/things/one")).status_code == 500
    assert count(metrics, "GET", 500) == 1


async def test_an_id_that_can_be_none_never_reaches_the_endpoint() -> None:
    async with client(GET=counted(broken, "GET", PATH, Metrics())) as anybody:
        assert (await anybody.get("/things/no%20id")).status_code == 404


async def test_a_page_answers_its_errors_by_itself() -> None:
    def error_page(request: Request, error: StopPressError) -> Response:
        return PlainTextResponse(f"sorry: {error}", error.status)

    async with client(GET=counted(gone, "GET", PATH, Metrics(), error_page)) as anybody:
        answer = await anybody.get("/things/one")
    assert (answer.status_code, answer.text) == (410, "sorry: it was deleted")


async def test_a_method_that_a_path_lacks_is_405_and_names_those_it_has() -> None:
    async with client(GET=read, DELETE=gone) as anybody:
        answer = await anybody.put("/things/one")
        head = await anybody.head("/things/one")
    assert answer.status_code == 405 and {"GET", "DELETE"} <= set(answer.headers["allow"].split(", "))
    assert head.status_code == 200
