"""`/robots.txt`: search engines may read the pages, but not the API (RFC 9309)."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from stoppress.web.http.cache_control import ROBOTS
from stoppress.web.http.endpoint import Endpoints

_ROBOTS = "User-agent: *\nDisallow: /v1/\n"


class RobotsRoutes:
    """Serves `/robots.txt`."""

    async def robots(self, request: Request) -> Response:
        return Response(_ROBOTS, media_type="text/plain", headers={"cache-control": ROBOTS})

    def endpoints(self) -> Endpoints:
        """The endpoint of each operation, by the operation's name."""
        return {
            "robots": self.robots,
        }
