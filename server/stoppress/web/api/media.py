"""The API's endpoints for pictures."""

from __future__ import annotations

import json
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from stoppress.errors import NotFound
from stoppress.media.picture import TYPES, Picture
from stoppress.media.storage import NAME
from stoppress.web.authentication import caller
from stoppress.web.contract.operations.media import ACCEPTED
from stoppress.web.dependencies import Dependencies
from stoppress.web.http.cache_control import IMMUTABLE, NO_STORE
from stoppress.web.http.endpoint import Endpoints
from stoppress.web.http.preconditions import attempt
from stoppress.web.http.request_body import body
from stoppress.web.http.response import answer

_SERVED = {
    "cache-control": IMMUTABLE,
    "x-content-type-options": "nosniff",
    "content-security-policy": "default-src 'none'; sandbox",
    "cross-origin-resource-policy": "cross-origin",
}


class MediaRoutes:
    """Uploads a picture, and serves the files made from it."""

    def __init__(self, context: Dependencies) -> None:
        self._context = context
        self._settings = context.settings

    async def create(self, request: Request) -> Response:
        who = await caller(request, self._context)
        who.require("write")
        kinds = {"", "application/octet-stream", *ACCEPTED}
        content = await body(
            request, self._settings.media_limit, self._context.byte_limits, kinds=kinds, expected="a picture"
        )
        tried = attempt(request, who, content, self._settings.idempotency_hours)
        picture = await self._context.intake.take(content)
        told, replayed = json.dumps(_picture_fields(picture)), False
        if tried:
            told, replayed = await self._context.store.remember(tried, told)
        found = json.loads(told)
        headers = {**NO_STORE, "location": found["url"], **({"idempotent-replayed": "true"} if replayed else {})}
        return answer(found, 201, headers)

    async def read(self, request: Request) -> Response:
        name = request.path_params["name"]
        if not NAME.fullmatch(name):
            raise NotFound(f"there is no picture {ascii(name)[:80]}")
        headers = {**_SERVED, "etag": f'"{name}"'}
        if headers["etag"] in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        content = await self._context.intake.storage.get(name)
        if content is None:
            raise NotFound(f"there is no picture {name!r}")
        return Response(content, headers=headers, media_type=TYPES[name.rpartition(".")[2]])

    def endpoints(self) -> Endpoints:
        """The endpoint of each operation, by the operation's name."""
        return {
            "createMedia": self.create,
            "readMedia": self.read,
        }


def _picture_fields(picture: Picture) -> dict[str, Any]:
    addresses = [f"/media/{file.name}" for file in picture.files]
    listed = sorted(zip(picture.widths, addresses, strict=True))
    return {
        "url": addresses[0],
        "width": picture.width,
        "height": picture.height,
        "srcset": ", ".join(f"{address} {width}w" for width, address in listed),
    }
