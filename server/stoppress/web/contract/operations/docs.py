"""The descriptions of the operations that serve the contract. Their endpoints are in web/contract/docs.py."""

from __future__ import annotations

from stoppress.web.contract.operation import Operation

_DOCUMENT = {"type": "object"}

DOCS: tuple[Operation, ...] = (
    Operation(
        "GET",
        "/openapi.json",
        "openapi",
        "The OpenAPI document of the HTTP API",
        "Operations",
        answers={200: _DOCUMENT},
    ),
    Operation(
        "GET",
        "/asyncapi.json",
        "asyncapi",
        "The AsyncAPI document of the socket and the event stream",
        "Operations",
        answers={200: _DOCUMENT},
    ),
    Operation(
        "GET",
        "/docs",
        "docs",
        "A page that shows the OpenAPI and the AsyncAPI document",
        "Operations",
        answers={200: {"type": "string"}},
        media_type="text/html",
    ),
)
