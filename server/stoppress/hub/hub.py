"""The hub: every reader of this process, by blog.

It builds its parts, owns every task, and disconnects the readers at shutdown. A blog's channel opens when its first
reader connects (channel_opener.py), and closes some time after the last has left (upkeep/idle_channels.py).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from functools import partial

from starlette.routing import BaseRoute, Route, WebSocketRoute

from stoppress.background import keep_running
from stoppress.connection_deadlines import ConnectionDeadlines
from stoppress.hub.admission import Admission, Services
from stoppress.hub.channel import Channel
from stoppress.hub.channel_opener import ChannelOpener
from stoppress.hub.channels import Channels
from stoppress.hub.dependencies import Clocks, Source
from stoppress.hub.follow.catchup import CatchUp
from stoppress.hub.follow.history_pages import HistoryPages
from stoppress.hub.follow.tail import Pace, Tail
from stoppress.hub.follow.verify_with_store import Verifier
from stoppress.hub.socket import asgi_endpoint, bypass_uvicorn
from stoppress.hub.socket.request import PATH
from stoppress.hub.sse import event_stream
from stoppress.hub.tasks import ShortTasks
from stoppress.hub.upkeep.drain import Leaving, disconnect
from stoppress.hub.upkeep.heartbeats import heartbeats
from stoppress.hub.upkeep.idle_channels import IdleChannels
from stoppress.hub.upkeep.loop_delay import LoopDelay
from stoppress.hub.upkeep.reader_counts import AudienceCounter
from stoppress.hub.upkeep.slow_readers import CLOSING_MAX, SlowReaders
from stoppress.metrics import Metrics
from stoppress.settings import Settings
from stoppress.task_cancellation import end
from stoppress.wire import Markup


class Hub:
    """All readers of this process.

    The app starts it (`run`), queries it (`readers`, `audience`, `last_delivery`) and stops it (`drain`). `channels`
    and `tail` are there for the page that shows the hub's state (debug/state.py).
    """

    def __init__(
        self,
        source: Source,
        markup: Markup,
        settings: Settings,
        metrics: Metrics,
        clocks: Clocks | None = None,
    ) -> None:
        clocks = clocks or Clocks()
        self._settings = settings
        self._chance = clocks.chance
        self._count_failure = metrics.count_task_failure
        self.channels = channels = Channels()
        self._tasks = tasks = ShortTasks()
        self._slow_readers = SlowReaders(settings.slow_timeout, clocks.monotonic)
        self._loop_delay = LoopDelay(metrics.loop_delay.observe)
        self._idle = IdleChannels(channels, settings.linger, clocks.monotonic)
        self._audience = AudienceCounter(source.audience, channels) if source.audience else None
        self._verifier = Verifier(channels, source, metrics, settings.verify)
        pace = Pace(settings.burst_window, clocks.now, self._loop_delay.note_work)
        self.tail = Tail(channels, source, self._verifier, metrics, pace)
        make = partial(Channel, markup=markup, settings=settings, metrics=metrics)
        history_pages = HistoryPages(source.store, tasks)
        services = Services(
            channels=channels,
            opener=ChannelOpener(channels, source, self._verifier, settings, make),
            catch_up=CatchUp(history_pages, self._verifier, tasks),
            history_pages=history_pages,
            slow_readers=self._slow_readers,
            loop_delay=self._loop_delay,
            tasks=tasks,
            may_read=source.may_read,
        )
        self._admission = Admission(settings, metrics, clocks, services)
        # How long a peer may leave bytes unacknowledged: two heartbeats, and then the time after which a slow reader
        # is closed with 1013.
        self.silence = 2 * settings.heartbeat + settings.slow_timeout
        metrics.readers.labels("socket").set_function(lambda: sum(channel.sockets for channel in channels))
        metrics.readers.labels("sse").set_function(lambda: sum(channel.event_streams for channel in channels))
        metrics.blogs_followed.set_function(lambda: len(channels))

    # For the app

    @property
    def socket_protocol(self) -> type[asyncio.Protocol]:
        """The class for `uvicorn.Config(ws=…)`, which reads WebSocket handshakes."""
        return bypass_uvicorn.socket_protocol(self._admission)

    def first_protocol(self, http: type[asyncio.Protocol], deadlines: ConnectionDeadlines) -> type[asyncio.Protocol]:
        """The class for `uvicorn.Config(http=…)`.

        It reads common WebSocket handshakes, and passes everything else to `http`. `deadlines` closes connections
        that send nothing.
        """
        return bypass_uvicorn.first_protocol(self._admission, http, deadlines)

    @property
    def routes(self) -> list[BaseRoute]:
        """Starlette's routes: the event stream, the WebSocket, and the answer to a plain request for its path."""
        return [
            Route(event_stream.PATH, event_stream.Events(self._admission), methods=["GET"]),
            Route(PATH, asgi_endpoint.PlainRequest(), methods=["GET"]),
            # On the fast path, WebSockets don't get this far.
            WebSocketRoute(PATH, asgi_endpoint.SocketEndpoint(self._admission)),
            WebSocketRoute("/{path:path}", asgi_endpoint.NoSuchSocket()),
        ]

    async def run(self) -> None:
        """Serve readers until cancelled, then abort the connections that remain."""
        try:
            async with self._tasks.open() as group:
                lasting = [
                    group.create_task(keep_running(name, work, self._count_failure), name=name)
                    for name, work in self._lasting_work().items()
                ]
                try:
                    await asyncio.Event().wait()
                finally:
                    self._tasks.close()
                    await end(lasting)
        finally:
            self._abort()

    def _lasting_work(self) -> Mapping[str, Callable[[], Awaitable[object]]]:
        work: dict[str, Callable[[], Awaitable[object]]] = {
            "tail": self.tail.run,
            "verify": self._verifier.run,
            "new blogs": self._verifier.watch_new_blogs,
            "heartbeats": partial(heartbeats, self.channels, self._settings.heartbeat),
            "slow readers": self._slow_readers.run,
            "idle channels": self._idle.run,
            "loop delay": self._loop_delay.run,
            "client budgets": self._admission.client_budgets.run,
        }
        if self._audience:
            work["audience"] = self._audience.run
        return work

    async def drain(self) -> None:
        """Admit no more readers, and disconnect all in batches, each reader with its own time to reconnect.

        Returns when all have left. `run` continues meanwhile, so readers that are still connected receive every change.
        """
        self._admission.close()
        leaving: list[Leaving] = []
        for channel in self.channels:
            leaving += [*channel.streams, *channel.everybody()]
        await disconnect(leaving, self._settings, self._chance, self._loop_delay.note_work)
        try:
            await self._admission.wait_until_empty(CLOSING_MAX)
        except TimeoutError:
            self._abort()

    def store_went_away(self) -> None:
        """Count a restart of the tail, and read again: this read may never be answered."""
        self.tail.store_went_away()

    async def store_returned(self) -> None:
        """Read the streams at once, on a new connection."""
        self.tail.read_again()

    def readers(self, blog: str | None = None) -> int:
        """The number of readers in this process, of one blog or of all."""
        if blog is None:
            return sum(channel.readers for channel in self.channels)
        channel = self.channels.get(blog)
        return channel.readers if channel else 0

    async def audience(self, blog: str) -> int:
        """The number of the blog's readers in all processes. Raises Unavailable."""
        return await self._audience.total(blog) if self._audience else self.readers(blog)

    def last_delivery(self, blog: str) -> datetime | None:
        """When a change of the blog was last written to all its readers here.

        None if there was none since it is followed.
        """
        channel = self.channels.get(blog)
        return channel.last_delivery if channel else None

    def _abort(self) -> None:
        for channel in self.channels:
            for reader in channel.everybody():
                reader.transport.abort()
        self._slow_readers.abort()
