"""What operators look at; web/api/probes.py answers."""

from __future__ import annotations

from stoppress.web.contract.operation import Operation

_STATE = {"$ref": "#/components/schemas/State"}

PROBES: tuple[Operation, ...] = (
    Operation("GET", "/healthz", "health", "Alive", "Operations", answers={200: _STATE}),
    Operation("GET", "/readyz", "ready", "Ready", "Operations", answers={200: _STATE}, problems=(503,)),
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
