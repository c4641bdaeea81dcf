"""Every operation has examples. They are valid by the document itself, and the server answers as they say."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx2
import jsonschema_rs
import pytest

from stoppress.settings import Settings
from stoppress.web.contract.examples.http import EXAMPLES
from stoppress.web.contract.examples.problems import PROBLEMS
from stoppress.web.contract.openapi import Limits, openapi
from stoppress.web.contract.operations import OPERATIONS

DOCUMENT = openapi(OPERATIONS, Limits.of(Settings.model_construct()))
# What differs from one run to the next.
VOLATILE = {"cursor", "created_at", "published_at", "updated_at"}


def contents() -> Iterator[tuple[str, dict[str, Any]]]:
    """Each content of a request or a response that is no file, with the words for it in a failure."""
    for path, methods in DOCUMENT["paths"].items():
        for method, operation in methods.items():
            bodies = {"request": operation.get("requestBody", {}), **operation["responses"]}
            for part, body in bodies.items():
                for media_type, content in body.get("content", {}).items():
                    # A picture is no text, and the pages for browsers beside JSON or in place of an error need none.
                    page = content["schema"].get("type") == "string" and media_type == "text/html" and part != "200"
                    beside = media_type == "text/html" and len(body["content"]) > 1
                    if content["schema"].get("format") != "binary" and not page and not beside:
                        yield f"{method} {path}, {part}, {media_type}", content


@pytest.mark.parametrize("content", [pytest.param(content, id=words) for words, content in contents()])
def test_each_content_has_a_valid_example(content: dict[str, Any]) -> None:
    schema = {**content["schema"], "components": DOCUMENT["components"]}
    jsonschema_rs.validator_for(schema, validate_formats=True).validate(content["example"])


def test_examples_and_operations_match() -> None:
    assert set(EXAMPLES) == {operation.name for operation in OPERATIONS}


def test_each_status_has_a_problem_of_its_own() -> None:
    assert {status: problem["status"] for status, problem in PROBLEMS.items()} == {
        status: status for status in PROBLEMS
    }


def test_there_is_much_to_look_at() -> None:
    assert len(list(contents())) > 150


def steady(answer: Any) -> Any:
    """The answer without what differs from one run to the next."""
    if isinstance(answer, dict):
        return {name: steady(value) for name, value in answer.items() if name not in VOLATILE}
    return [steady(part) for part in answer] if isinstance(answer, list) else answer


@pytest.mark.anyio
async def test_the_server_answers_as_the_examples_say(admin: httpx2.AsyncClient) -> None:
    async def answered(name: str, method: str, path: str) -> None:
        example = EXAMPLES[name]
        answer = await admin.request(method, path, json=example.request)
        assert answer.is_success, answer.text
        assert steady(answer.json()) == steady(example.response), name

    await answered("createBlog", "POST", "/v1/blogs")
    await admin.post("/v1/blogs", json={**EXAMPLES["createBlog"].request, "id": "demo"})
    posts = "/v1/blogs/demo/posts"
    await answered("createPost", "POST", posts)
    await answered("listPosts", "GET", posts)
    await answered("readPost", "GET", f"{posts}/high-water")
    await answered("readBlog", "GET", "/v1/blogs/demo")
    await answered("editBlog", "PATCH", "/v1/blogs/demo")
    await answered("editPost", "PATCH", f"{posts}/high-water")
    await admin.delete("/v1/blogs/demo")
    await admin.post("/v1/blogs", json={**EXAMPLES["createBlog"].request, "id": "demo"})
    await answered("createPosts", "POST", f"{posts}:batch")
    await answered("deletePost", "DELETE", f"{posts}/high-water")
    for name, path in (("health", "/healthz"), ("ready", "/readyz"), ("front", "/")):
        await answered(name, "GET", path)
    assert (await admin.get("/robots.txt")).text == EXAMPLES["robots"].response
