"""One process that serves: uvicorn around the app, its signals and its garbage collector."""

from __future__ import annotations

import asyncio
import gc
import signal
import socket
import threading
from collections.abc import Awaitable, Callable

import uvicorn
import uvloop

from stoppress.app import App, WorkerRole, build
from stoppress.file_limits import make_room
from stoppress.listener import listen, shares_port
from stoppress.logging_setup import set_up_logging
from stoppress.settings import Settings
from stoppress.startup_message import play_demo, welcome
from stoppress.task_cancellation import end


def run_server(settings: Settings, worker: WorkerRole | None = None) -> None:
    """Run the server until SIGINT or SIGTERM: alone, or as one of several workers. Raises Unavailable when it can't
    start."""
    set_up_logging(settings)
    room = make_room(settings.readers_max, settings.redis_connections)
    settings = settings.model_copy(update={"readers_max": room})
    # Before uvicorn listens for signals, and after: it raises them again when it has stopped, and by then we have to
    # close the store, not to die.
    stop = stop_on_signals()
    # While thousands of readers come, a collection of young objects takes about a millisecond, and looks at each reader
    # once; with ten times as many objects it was one stop of 6 to 9 ms.
    gc.set_threshold(10_000, 50, 100)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(settings, worker, stop))


def stop_on_signals() -> threading.Event:
    """An event that SIGINT and SIGTERM set from now on, instead of ending the process."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    return stop


async def _serve(settings: Settings, worker: WorkerRole | None, stop: threading.Event) -> None:
    ready = asyncio.Event()
    async with build(settings, worker, ready.is_set) as app:
        server = Server(uvicorn_config(settings, app), app.hub.drain, ready, stop, shared=shares_port(settings))
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
    """uvicorn's server, which tells when it listens, and lets the readers go before it stops.

    `port` becomes the port's number once connections are accepted; `ready` is set from then until the server begins to
    stop, which it does when `stop` is set, in whichever thread or signal handler. Then it leaves new connections to the
    other processes, if the port is `shared`, waits for `drain`, and for requests under way.
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
        # What lives for good is taken out of the collector's sight: a full collection stops the loop.
        gc.collect()
        gc.freeze()
        self._ready.set()
        self.port.set_result(self.servers[0].sockets[0].getsockname()[1])

    async def on_tick(self, counter: int) -> bool:
        # A signal that came before uvicorn listened for them is not forgotten.
        self.should_exit = self.should_exit or self._stop.is_set()
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._ready.clear()
        if self._shared:
            # From now on the kernel deals new connections to the others at this port, and to them alone.
            for listening in self.servers:
                listening.close()
        await self._drain()
        await super().shutdown(sockets)


def uvicorn_config(settings: Settings, app: App) -> uvicorn.Config:
    """How uvicorn serves the app: plain HTTP and sockets through the hub's own classes, and no lifespan."""
    return uvicorn.Config(
        app.application,
        host=settings.host,
        port=settings.port,
        http=app.hub.first_protocol(app.protocol),
        ws=app.hub.socket_protocol,
        lifespan="off",
        log_config=None,
        access_log=settings.access_log,
        server_header=False,
        proxy_headers=True,
        forwarded_allow_ips=settings.trusted_proxies,
        timeout_graceful_shutdown=int(settings.shutdown_timeout) or 1,
    )
