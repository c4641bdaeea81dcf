"""The OpenAPI document says what the server does: every route, and what its answers look like."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import httpx2
import pytest
from starlette.routing import Mount, Route

from stoppress.web.dependencies import Dependencies
from stoppress.web.routes import site
from web.checks import CLIENT, client_files, errors

pytestmark = pytest.mark.anyio


async def document(client: httpx2.AsyncClient) -> dict[str, Any]:
    answer: dict[str, Any] = (await client.get("/openapi.json")).json()
    return answer


async def test_every_route_and_method_is_in_it(anybody: httpx2.AsyncClient, context: Dependencies) -> None:
    paths = (await document(anybody))["paths"]
    served = set()
    for route in site(context, client=client_files(), pictures=CLIENT, live=[]).routes:
        assert isinstance(route, Route | Mount)
        if isinstance(route, Route):
            served |= {(route.path, method) for method in route.methods or () if method != "HEAD"}
    told = {(path, method.upper()) for path, methods in paths.items() for method in methods}
    # The hub answers these two; they are told of here and tested there.
    hub = {(f"/v1/blogs/{{blog}}/{name}", "GET") for name in ("socket", "events")}
    assert told == served | hub


def operations(document: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    """Method, path and entry of each operation under /v1 that this process answers by itself."""
    hub = ("/socket", "/events")  # tests/hub/socket/test_upgrade.py and tests/hub/sse/test_event_stream.py ask these
    return [
        (method, path, entry)
        for path, methods in document["paths"].items()
        for method, entry in methods.items()
        if path.startswith("/v1/") and not path.endswith(hub)
    ]


async def asked(client: httpx2.AsyncClient, method: str, path: str, query: str) -> httpx2.Response:
    """The answer to a request of one operation in the blog petrel."""
    for name, value in (("blog", "petrel"), ("post", "one"), ("revision", "1")):
        path = path.replace(f"{{{name}}}", value)
    return await client.request(method, f"{path}?{query}")


async def test_every_operation_of_the_api_refuses_an_unknown_parameter(admin: httpx2.AsyncClient, blog: str) -> None:
    await admin.post(f"{blog}/posts", json={"id": "one", "title": "One"})
    found = operations(await document(admin))
    assert len(found) > 15
    for method, path, entry in found:
        for query in ("utm_source=newsletter", "only=key&utm_source=newsletter"):
            answer = await asked(admin, method, path, query)
            assert answer.status_code == 400, (method, path)
            assert "'newsletter'" in errors(answer)["utm_source"]
        assert "400" in entry["responses"]
    assert (await admin.get(f"{blog}/posts/one")).json()["revision"] == 1  # nothing was written


async def test_every_parameter_refuses_what_its_schema_does_not_allow(admin: httpx2.AsyncClient, blog: str) -> None:
    checked = set()
    for method, path, entry in operations(await document(admin)):
        for parameter in entry.get("parameters", ()):
            if parameter["in"] != "query":
                continue
            name, schema = parameter["name"], parameter["schema"]
            wrong = ["sideways", ""] if "enum" in schema else ["x", "", "-1"] if schema["type"] == "integer" else []
            wrong += [str(schema[limit] + step) for limit, step in (("minimum", -1), ("maximum", 1)) if limit in schema]
            wrong += {"page": ["x"], "after": ["x", ""]}.get(name, [])  # opaque: any text is a text to the schema
            for value in wrong:
                answer = await asked(admin, method, path, urlencode({name: value}))
                assert answer.status_code == 400, (path, name, value)
                assert repr(value) in errors(answer)[name]
            twice = await asked(admin, method, path, urlencode([(name, "1"), (name, "1")]))
            assert twice.status_code == 400 and "but got 2:" in errors(twice)[name]
            checked.add(f"{path} {name}")
    assert len(checked) > 12


async def test_a_query_is_never_422(anybody: httpx2.AsyncClient) -> None:
    for path, methods in (await document(anybody))["paths"].items():
        for method, entry in methods.items():
            takes = {parameter["in"] for parameter in entry.get("parameters", ())}
            assert "422" not in entry["responses"] or "requestBody" in entry or "{revision}" in path, (method, path)
            if path.endswith(("/socket", "/events")):
                assert {"400", "421"} <= set(entry["responses"]) and "query" in takes


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
    assert set(answer) == set(schemas["PostAnswer"]["required"])
    lacking = {"media": [{"type": "image", "url": "/a.jpg"}]}
    warned = (await admin.post(f"{blog}/posts", json=lacking)).json()
    assert set(warned) == set(schemas["PostAnswer"]["properties"])
    assert set(warned["warnings"][0]) == set(schemas["Warning"]["properties"])
    assert set(answer["post"]) == set(schemas["Post"]["properties"])
    assert set((await admin.get(blog)).json()) == set(schemas["Blog"]["properties"])
    assert set((await admin.get(f"{blog}/stats")).json()) == set(schemas["Stats"]["properties"])


async def test_the_socket_s_document_names_every_message(anybody: httpx2.AsyncClient) -> None:
    document = (await anybody.get("/asyncapi.json")).json()
    names = {"hello", "post", "remove", "blog", "heartbeat", "reset", "bye"}
    assert set(document["components"]["messages"]) == names
    assert {name: set(channel["messages"]) for name, channel in document["channels"].items()} == {
        "socket": names,
        "events": names,
    }
