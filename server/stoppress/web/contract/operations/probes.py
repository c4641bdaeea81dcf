"""The descriptions of the probes and metrics. Their endpoints are in web/api/probes.py."""

from __future__ import annotations

from stoppress.query_parameters import choice
from stoppress.web.contract.operation import Operation

READY_FOR = choice(
    "for",
    "What the process must be ready for. `all` needs a store that answers and accepts writes. `readers` does not: "
    "pages come from memory, and sockets stay connected.",
    "all",
    "readers",
)

_STATE = {"$ref": "#/components/schemas/State"}

PROBES: tuple[Operation, ...] = (
    Operation("GET", "/healthz", "health", "Check that the process is alive", "Operations", answers={200: _STATE}),
    Operation(
        "GET",
        "/readyz",
        "ready",
        "Check that the process is ready to serve",
        "Operations",
        parameters=(READY_FOR,),
        answers={200: _STATE},
        problems=(400, 503),
    ),
    Operation(
        "GET",
        "/metrics",
        "metrics",
        "Prometheus metrics",
        "Operations",
        answers={200: {"type": "string"}},
        media_type="text/plain",
    ),
)
