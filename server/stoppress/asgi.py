"""Stop Press as an ordinary ASGI application, for any ASGI server and for other Starlette applications.

    uvicorn --factory stoppress.asgi:create_app

`stoppress serve` does not use this module: it runs uvicorn itself, and adds the fast path (server_process.py).
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator

from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Mount
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from stoppress.app import build
from stoppress.errors import StopPressError
from stoppress.file_limits import make_room
from stoppress.settings import Settings, wrong_values

__all__ = ["create_app"]


def create_app(settings: Settings | None = None) -> Starlette:
    """A complete Stop Press as a Starlette application: the API, the pages and the readers.

    Without `settings`, they come from the environment (STOPPRESS_*). The ASGI server decides on the address, the port,
    TLS and the number of processes, so `host`, `port`, `workers` and `demo` have no effect. Several processes need
    `redis_url`.

    The application opens its stores and starts its background work in its lifespan, and disconnects its readers at the
    end of it. If another application mounts it, that one's lifespan must include
    `app.router.lifespan_context(app)`, because Starlette does not run the lifespan of a mounted application. It has to
    be mounted at the root of its host, because pages link to `/blogs/…` and `/client/…`.

    Middleware added with `add_middleware` sees every request and every WebSocket.

    If a setting in the environment is wrong, the application can't start: the ASGI server logs one line that names the
    variable and its value.
    """
    try:
        chosen = settings or Settings()
    except ValidationError as error:
        return _unable_to_start(StopPressError(f"wrong settings: {'; '.join(wrong_values(error))}"))
    site = _Site()

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        room = make_room(chosen.readers_max, chosen.redis_connections)
        accepting = True
        async with build(chosen.model_copy(update={"readers_max": room.readers}), None, lambda: accepting) as app:
            site.application = app.application
            try:
                yield
            finally:
                accepting = False
                await app.drain()
                site.application = None

    return Starlette(
        routes=[Mount("/", app=site)],
        middleware=[
            Middleware(_ShortFailure),
            # The setting holds in every server, not only in uvicorn, which does the same.
            Middleware(ProxyHeadersMiddleware, trusted_hosts=chosen.trusted_proxies),
        ],
        lifespan=lifespan,
    )


def _unable_to_start(error: StopPressError) -> Starlette:
    """An application whose start fails with `error`."""

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        raise error
        yield

    return Starlette(middleware=[Middleware(_ShortFailure)], lifespan=lifespan)


class _Site:
    """The application that the lifespan builds."""

    def __init__(self) -> None:
        self.application: ASGIApp | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self.application is None:
            raise RuntimeError(
                "Stop Press has not started: the ASGI server, or the application that mounts it, must run its lifespan"
            )
        await self.application(scope, receive, send)


class _ShortFailure:
    """Reports a start that failed for a known reason in one line, instead of the traceback that Starlette sends."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "lifespan":
            await self._app(scope, receive, send)
            return
        failure: Message | None = None

        async def send_or_keep(message: Message) -> None:
            nonlocal failure
            if message["type"] == "lifespan.startup.failed":
                failure = message
            else:
                await send(message)

        try:
            await self._app(scope, receive, send_or_keep)
        except BaseException as error:
            known = isinstance(error, StopPressError)
            if failure is not None:
                await send({**failure, "message": f"Stop Press can't start: {error}"} if known else failure)
            if failure is None or not known:
                raise
