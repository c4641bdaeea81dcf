"""Serves `/openapi.json`, `/asyncapi.json` and `/docs`, which shows the OpenAPI document and loads nothing else."""

from __future__ import annotations

import re
from typing import Any

from jinja2 import Environment, PackageLoader
from markupsafe import Markup, escape
from starlette.requests import Request
from starlette.responses import Response

from stoppress.settings import Settings
from stoppress.web.contract.asyncapi import asyncapi
from stoppress.web.contract.openapi import openapi
from stoppress.web.contract.operations import OPERATIONS
from stoppress.web.http.cache_control import DOCUMENTS
from stoppress.web.http.endpoint import Endpoints
from stoppress.web.http.response import dump

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
_CODE = re.compile("`([^`]*)`")
_CACHED = {"cache-control": DOCUMENTS}


class DocsRoutes:
    """Serves the contract. Each document is made once, at start."""

    def __init__(self, settings: Settings) -> None:
        document = openapi(OPERATIONS, settings)
        self._openapi = dump(document)
        self._asyncapi = dump(asyncapi())
        self._docs = _render(document).encode()

    async def openapi(self, request: Request) -> Response:
        return Response(self._openapi, headers=_CACHED, media_type="application/json")

    async def asyncapi(self, request: Request) -> Response:
        return Response(self._asyncapi, headers=_CACHED, media_type="application/json")

    async def docs(self, request: Request) -> Response:
        return Response(self._docs, headers={**_CACHED, "content-security-policy": _POLICY}, media_type="text/html")

    def endpoints(self) -> Endpoints:
        """The endpoint of each operation, by the operation's name."""
        return {
            "openapi": self.openapi,
            "asyncapi": self.asyncapi,
            "docs": self.docs,
        }


def _render(document: dict[str, Any]) -> str:
    environment = Environment(
        loader=PackageLoader("stoppress.web.contract"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"kind": kind_of, "prose": _prose}
    return environment.get_template("docs.html").render(api=document)


def _prose(text: str) -> Markup:
    """`text` as HTML paragraphs, with `<code>` for backticks."""
    paragraphs = (_CODE.sub(r"<code>\1</code>", str(escape(part))) for part in text.split("\n\n"))
    return Markup("".join(f"<p>{part}</p>" for part in paragraphs))


def kind_of(schema: dict[str, Any]) -> str:
    """A schema in a few words: `string`, `Post`, `list of Link`, `published or draft`."""
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if "const" in schema:
        return repr(schema["const"])
    if "enum" in schema:
        return " or ".join(map(str, schema["enum"]))
    for union in ("anyOf", "oneOf"):
        if union in schema:
            return " or ".join(dict.fromkeys(kind_of(part) for part in schema[union]))
    kind = schema.get("type", "anything")
    if kind == "array":
        return f"list of {kind_of(schema.get('items', {}))}"
    if isinstance(kind, list):
        return " or ".join(kind)
    limits = [
        f"{words} {schema[name]}"
        for name, words in (
            ("minLength", "at least"),
            ("maxLength", "at most"),
            ("minimum", "from"),
            ("maximum", "to"),
            ("maxItems", "at most"),
        )
        if name in schema
    ]
    return f"{schema.get('format', kind)}{' (' + ', '.join(limits) + ')' if limits else ''}"
