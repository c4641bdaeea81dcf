"""`/docs` and the files that it loads. tests/e2e/test_docs_page.py opens it in a browser."""

from __future__ import annotations

import re

import httpx2
import pytest

pytestmark = pytest.mark.anyio


def loaded(page: str) -> list[str]:
    """The addresses of scripts and style sheets in the page."""
    return re.findall(r'<(?:script src|link rel="stylesheet" href)="([^"]+)"', page)


async def test_the_page_allows_only_what_this_server_has(anybody: httpx2.AsyncClient) -> None:
    page = await anybody.get("/docs")
    policy = dict(part.split(" ", 1) for part in page.headers["content-security-policy"].split("; "))
    assert policy["default-src"] == "'none'" and policy["frame-ancestors"] == "'none'"
    assert policy["script-src"] == policy["connect-src"] == "'self'"
    assert page.headers["x-content-type-options"] == "nosniff"
    assert "://" not in page.text and not re.search(r"<script>|<style>| on\w+=", page.text)


async def test_the_files_are_sent_compressed_and_for_good(anybody: httpx2.AsyncClient) -> None:
    addresses = loaded((await anybody.get("/docs")).text)
    assert [address.rpartition("/")[2] for address in addresses] == ["docs.css", "scalar.js", "docs.js"]
    for address in addresses:
        compressed = await anybody.get(address, headers={"accept-encoding": "gzip"})
        plain = await anybody.get(address, headers={"accept-encoding": "identity"})
        assert compressed.headers["content-encoding"] == "gzip" and "content-encoding" not in plain.headers
        assert compressed.content == plain.content != b""
        assert "immutable" in plain.headers["cache-control"]
        assert plain.headers["x-content-type-options"] == "nosniff"
        assert plain.headers["content-type"].startswith(("text/javascript", "text/css"))


async def test_no_other_file_is_served(anybody: httpx2.AsyncClient) -> None:
    folder = loaded((await anybody.get("/docs")).text)[0].rpartition("/")[0]
    for address in (f"{folder}/docs.html", f"{folder}/..%2Fdocs.py", "/docs/000000000000/docs.js"):
        assert (await anybody.get(address)).status_code == 404
