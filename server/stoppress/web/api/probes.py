"""Endpoints for operators: liveness, readiness and Prometheus metrics."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from stoppress.errors import Unavailable
from stoppress.web.contract.operations.probes import READY_FOR
from stoppress.web.dependencies import Dependencies
from stoppress.web.http.cache_control import NO_STORE
from stoppress.web.http.endpoint import Endpoints
from stoppress.web.http.request import query
from stoppress.web.http.response import answer


class ProbeRoutes:
    """Serves the probes `/healthz` and `/readyz`, and `/metrics`."""

    def __init__(self, context: Dependencies) -> None:
        self._context = context

    async def health(self, request: Request) -> Response:
        """Answer 200: the process runs and serves HTTP."""
        return answer({"status": "ok"})

    async def ready(self, request: Request) -> Response:
        """Answer 200 when the process is neither starting nor stopping, and the store answers and accepts writes.

        With `for=readers`, the state of the store does not count.

        Raises Unavailable (503) otherwise.
        """
        if not self._context.ready():
            raise Unavailable("this server is starting or stopping; try again")
        if query(request)[READY_FOR] == "readers":
            return answer({"status": "ready"})
        if seconds := self._context.store_away():
            raise Unavailable(f"the store has not answered for {seconds:.1f} s")
        await self._context.store.ping()
        return answer({"status": "ready"})

    async def metrics(self, request: Request) -> Response:
        """Answer with the metrics in the Prometheus text format, of all processes where there are several."""
        metrics, together = self._context.metrics, self._context.exposition
        content = await together() if together else metrics.exposition()
        return Response(content, headers={**NO_STORE, "content-type": metrics.content_type})

    def endpoints(self) -> Endpoints:
        """The endpoint of each operation, by the operation's name."""
        return {
            "health": self.health,
            "ready": self.ready,
            "metrics": self.metrics,
        }
