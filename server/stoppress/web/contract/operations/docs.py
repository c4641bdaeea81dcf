"""The contract itself; web/contract/docs.py answers."""

from __future__ import annotations

from stoppress.web.contract.operation import Operation

_DOCUMENT = {"type": "object"}

DOCS: tuple[Operation, ...] = (
    Operation("GET", "/openapi.json", "openapi", "This document", "Operations", answers={200: _DOCUMENT}),
    Operation(
        "GET",
        "/asyncapi.json",
        "asyncapi",
        "The socket's",
        "Operations",
        answers={200: _DOCUMENT},
    ),
    Operation(
        "GET",
        "/docs",
        "docs",
        "This document, to be read",
        "Operations",
        answers={200: {"type": "string"}},
        media_type="text/html",
    ),
)
