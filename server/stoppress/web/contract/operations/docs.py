"""The descriptions of the operations that serve the contract. Their endpoints are in web/contract/docs.py."""

from __future__ import annotations

from stoppress.web.contract.operation import Operation

_DOCUMENT = {"type": "object"}

DOCS: tuple[Operation, ...] = (
    Operation("GET", "/openapi.json", "openapi", "This document", "Operations", answers={200: _DOCUMENT}),
    Operation(
        "GET",
        "/asyncapi.json",
        "asyncapi",
        "The AsyncAPI document of the socket",
        "Operations",
        answers={200: _DOCUMENT},
    ),
    Operation(
        "GET",
        "/docs",
        "docs",
        "A page that shows both documents",
        "Operations",
        answers={200: {"type": "string"}},
        media_type="text/html",
    ),
)
