"""The OpenAPI document says what the server does: every route, and what its answers look like."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest
from starlette.routing import Mount, Route

from stoppress.web.context import Context
from stoppress.web.pages.assets import Assets
from stoppress.web.site import site
from web.checks import CLIENT

pytestmark = pytest.mark.anyio


async def document(client: httpx2.AsyncClient) -> dict[str, Any]:
    answer: dict[str, Any] = (await client.get("/openapi.json")).json()
    return answer


async def test_every_route_and_method_is_in_it(anybody: httpx2.AsyncClient, context: Context) -> None:
    paths = (await document(anybody))["paths"]
    served = set()
    for route in site(context, client=Assets(CLIENT), pictures=CLIENT, live=[]).routes:
        assert isinstance(route, Route | Mount)
        if isinstance(route, Route):
            served |= {(route.path, method) for method in route.methods or () if method != "HEAD"}
    told = {(path, method.upper()) for path, methods in paths.items() for method in methods}
    # The hub answers these two; they are told of here and tested there.
    hub = {(f"/v1/blogs/{{blog}}/{name}", "GET") for name in ("socket", "events")}
    assert told == served | hub


async def test_every_reference_leads_somewhere(anybody: httpx2.AsyncClient) -> None:
    schema = await document(anybody)
    names = set(schema["components"]["schemas"])

    def references(node: Any) -> set[str]:
        if isinstance(node, dict):
            found = {node["$ref"].rpartition("/")[2]} if isinstance(node.get("$ref"), str) else set()
            return found.union(*(references(part) for part in node.values()))
        if isinstance(node, list):
            return set().union(*(references(part) for part in node))
        return set()

    assert references(schema) <= names


async def test_limits_are_told(anybody: httpx2.AsyncClient) -> None:
    post = (await document(anybody))["components"]["schemas"]["PostInput"]["properties"]
    assert post["body"]["maxLength"] == 100_000
    assert post["media"]["maxItems"] == 20
    assert post["title"]["anyOf"][0]["maxLength"] == 300


async def test_answers_have_exactly_the_fields_it_names(admin: httpx2.AsyncClient, blog: str) -> None:
    schemas = (await document(admin))["components"]["schemas"]
    answer = (await admin.post(f"{blog}/posts", json={"title": "A"})).json()
    assert set(answer) == set(schemas["PostAnswer"]["properties"])
    assert set(answer["post"]) == set(schemas["Post"]["properties"])
    assert set((await admin.get(blog)).json()) == set(schemas["Blog"]["properties"])
    assert set((await admin.get(f"{blog}/stats")).json()) == set(schemas["Stats"]["properties"])


async def test_the_socket_s_document_names_every_message(anybody: httpx2.AsyncClient) -> None:
    messages = (await anybody.get("/asyncapi.json")).json()["components"]["messages"]
    assert set(messages) == {"hello", "post", "remove", "blog", "heartbeat", "reset", "bye"}


async def test_the_docs_load_nothing_from_elsewhere(anybody: httpx2.AsyncClient) -> None:
    page = await anybody.get("/docs")
    assert "src=" not in page.text and "@import" not in page.text and "<link" not in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]
