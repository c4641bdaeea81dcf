"""What several tests of the API look at, and where the client's files are."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import httpx2

from stoppress.token_secrets import new_token
from stoppress.web.dependencies import Dependencies
from stoppress.web.pages.assets import Assets

CLIENT = Path(__file__).parents[2] / "client"
Client = httpx2.AsyncClient


@cache
def client_files() -> Assets:
    """The files of the client. Tests share them, because nothing changes them."""
    return Assets(CLIENT)


async def token(context: Dependencies, *scopes: str, blogs: tuple[str, ...] = ()) -> dict[str, str]:
    record, text = new_token("a tool", scopes, blogs, None, context.clock())
    await context.tokens.add(record)
    return {"Authorization": f"Bearer {text}"}


def errors(answer: httpx2.Response) -> dict[str, str]:
    """Pointer or parameter → detail."""
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == answer.status_code
    return {error.get("pointer", error.get("parameter")): error["detail"] for error in problem["errors"]}


async def unchanged(client: Client, path: str) -> tuple[Any, Any]:
    """All there is to see of a blog: to compare with later."""
    return (await client.get(path)).json(), (await client.get(f"{path}/changes")).json()
