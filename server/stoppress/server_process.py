"""One server process: runs the app in uvicorn, and sets up signals and the garbage collector."""

from __future__ import annotations

import asyncio
import gc
import logging
import signal
import socket
import threading
from collections.abc import Awaitable, Callable

import uvicorn
import uvloop

from stoppress.app import App, WorkerRole, build
from stoppress.file_limits import make_room
from stoppress.hub.socket.client_frames import MESSAGE_MAX
from stoppress.known_uvicorn import why_unknown
from stoppress.listener import listen, shares_port
from stoppress.logging_setup import set_up_logging
from stoppress.settings import Settings
from stoppress.startup_message import play_demo, welcome
from stoppress.task_cancellation import end

_log = logging.getLogger("stoppress")


def run_server(settings: Settings, worker: WorkerRole | None = None) -> None:
    """Run the server until SIGINT or SIGTERM, alone or as one of several workers.

    Raises Unavailable if it can't start.
    """
    set_up_logging(settings)
    room = make_room(settings.readers_max, settings.redis_connections, settings.waiting_connections)
    settings = settings.model_copy(update={"readers_max": room.readers, "waiting_connections": room.waiting})
    # For signals before uvicorn handles them, and after: it raises them again once it has stopped. By then this
    # process must close the store, not die.
    stop = stop_on_signals()
    # While thousands of readers arrive, a collection of young objects takes about a millisecond, and visits each reader
    # once. With ten times as many objects per collection, it was one pause of 6 to 9 ms.
    gc.set_threshold(10_000, 50, 100)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(settings, worker, stop))


def stop_on_signals() -> threading.Event:
    """Returns an event that SIGINT and SIGTERM set from now on, instead of ending the process."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    return stop


async def _serve(settings: Settings, worker: WorkerRole | None, stop: threading.Event) -> None:
    ready = asyncio.Event()
    async with build(settings, worker, ready.is_set) as app:
        server = Server(uvicorn_config(settings, app), app.drain, ready, stop, shared=shares_port(settings))
        async with asyncio.TaskGroup() as tasks:
            beside = []
            if worker is None or worker.welcomes:
                beside.append(tasks.create_task(welcome(settings, server.port, app.token)))
            if settings.demo and app.token.text and (worker is None or worker.plays):
                beside.append(tasks.create_task(play_demo(settings, server.port, app.token.text)))
            try:
                await server.serve([listen(settings, silence=app.hub.silence)])
            finally:
                await end(beside)


class Server(uvicorn.Server):
    """uvicorn's server. It also reports when it listens, and disconnects the readers before it stops.

    `port` is a future of the port's number, set once connections are accepted. `ready` is set from then until the
    server begins to stop. It stops when `stop` is set, by any thread or signal handler: if the port is `shared` it
    first stops listening, so that only other processes accept new connections; then it waits for `drain`, and for
    running requests.
    """

    def __init__(
        self,
        config: uvicorn.Config,
        drain: Callable[[], Awaitable[None]],
        ready: asyncio.Event,
        stop: threading.Event,
        *,
        shared: bool,
    ) -> None:
        super().__init__(config)
        self.port: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._drain = drain
        self._ready = ready
        self._stop = stop
        self._shared = shared

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        # Exclude permanent objects from garbage collection, because a full collection stops the event loop.
        gc.collect()
        gc.freeze()
        self._ready.set()
        self.port.set_result(self.servers[0].sockets[0].getsockname()[1])

    async def on_tick(self, counter: int) -> bool:
        # Obey a signal that arrived before uvicorn handled signals.
        self.should_exit = self.should_exit or self._stop.is_set()
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._ready.clear()
        if self._shared:
            # From now on the kernel gives new connections only to the other processes on this port.
            for listening in self.servers:
                listening.close()
        await self._drain()
        await super().shutdown(sockets)


def uvicorn_config(settings: Settings, app: App) -> uvicorn.Config:
    """uvicorn's configuration, without lifespan.

    On the fast path, HTTP and WebSockets go through the hub's own classes. Otherwise, uvicorn's own classes serve both.
    """
    fast = settings.fast_path
    if fast and (unknown := why_unknown()):
        _log.warning(
            "The fast path is off (%s): each reader takes more memory and time. Everything else works as usual",
            unknown,
        )
        fast = False
    return uvicorn.Config(
        app.application,
        host=settings.host,
        port=settings.port,
        http=app.hub.first_protocol(app.http_protocol(), app.deadlines) if fast else "auto",
        ws=app.hub.socket_protocol if fast else "auto",
        ws_max_size=MESSAGE_MAX,
        ws_per_message_deflate=settings.compress,
        ws_ping_interval=None,  # the kernel detects dead peers (listener.py)
        lifespan="off",
        log_config=None,
        access_log=settings.access_log,
        timeout_keep_alive=round(settings.keep_alive) or 1,
        server_header=False,
        proxy_headers=True,
        forwarded_allow_ips=settings.trusted_proxies,
        timeout_graceful_shutdown=int(settings.shutdown_timeout) or 1,
    )
