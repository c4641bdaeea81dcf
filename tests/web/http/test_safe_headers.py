"""Every response keeps a browser from guessing its type, and from framing what is not a page of a blog."""

from __future__ import annotations

import httpx2
import pytest

pytestmark = pytest.mark.anyio

PATHS = [
    "/docs",
    "/openapi.json",
    "/metrics",
    "/healthz",
    "/v1/blogs",
    "/v1/blogs/petrel",
    "/v1/blogs/petrel/posts",
    "/v1/blogs/petrel/changes?cursor=x",
    "/v1/audit",
    "/demo/missing.jpg",
    "/nothing-here",
    "/blogs/petrel/feed.atom",
    "/blogs/petrel/feed.json",
]


@pytest.mark.parametrize("path", PATHS)
async def test_a_response_is_not_sniffed_and_not_framed(anybody: httpx2.AsyncClient, blog: str, path: str) -> None:
    answer = await anybody.get(path)
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]


@pytest.mark.parametrize("path", ["/", "/blogs/petrel"])
async def test_pages_keep_their_own_policy(anybody: httpx2.AsyncClient, blog: str, path: str) -> None:
    answer = await anybody.get(path, headers={"Accept": "text/html"})
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers.get_list("content-security-policy") == [answer.headers["content-security-policy"]]
    assert "frame-ancestors *" in answer.headers["content-security-policy"]
