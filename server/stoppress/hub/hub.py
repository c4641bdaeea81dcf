"""The hub: every reader of this process, by blog.

It opens a blog's channel (channels.py) when its first reader comes and closes it some time after the last has gone,
counts readers in and out, and owns every task there is: the tail, the watch, the heartbeats, and the short ones that
open a channel or fetch from the store (catchup.py).
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Callable, Coroutine, Sequence
from datetime import UTC, datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from stoppress.cancellation import end
from stoppress.errors import Forbidden, Invalid, Misdirected, NotFound, StopPressError, Unavailable
from stoppress.hub.admission import Admission, Full, Origins, Proxies, Rush
from stoppress.hub.channel import SLICE, Channel, Stream
from stoppress.hub.channels import Opening
from stoppress.hub.events import stream as sse
from stoppress.hub.follow.catchup import CatchUp
from stoppress.hub.follow.history_pages import HistoryPages
from stoppress.hub.follow.tail import Clock, Tail
from stoppress.hub.follow.verify import Verifier
from stoppress.hub.socket import fast_path as door
from stoppress.hub.socket import upgrade
from stoppress.hub.socket.connection import Connection
from stoppress.hub.socket.reader import Reader
from stoppress.hub.socket.upgrade import Upgrade
from stoppress.hub.upkeep.audience import AudienceCounter
from stoppress.hub.upkeep.deadlines import CLOSING_MAX, Deadlines
from stoppress.hub.upkeep.drain import batches
from stoppress.hub.upkeep.heartbeats import heartbeats
from stoppress.hub.upkeep.loop_delay import LoopDelay
from stoppress.metrics import Metrics
from stoppress.model import Cursor
from stoppress.settings import Settings
from stoppress.store.base import Log, Store
from stoppress.store.base_audience import Audience
from stoppress.wire import Markup

_RETRY_AFTER = 2  # seconds, when the store can't be asked

_REASONS: tuple[tuple[type[StopPressError], str], ...] = (
    (Full, "full"),
    (Rush, "rush"),
    (Unavailable, "unavailable"),
    (Forbidden, "origin"),
    (NotFound, "blog"),
    (Misdirected, "role"),
    (Invalid, "request"),
)

_log = logging.getLogger("stoppress.hub")


def _now() -> datetime:
    return datetime.now(UTC)


class Hub:
    """What the app starts (`run`), asks (`readers`, `last_delivery`) and stops (`drain`)."""

    def __init__(
        self,
        store: Store,
        log: Log,
        markup: Markup,
        settings: Settings,
        metrics: Metrics,
        *,
        audience: Audience | None = None,
        clock: Clock = _now,
        monotonic: Callable[[], float] = time.monotonic,
        chance: random.Random | None = None,
    ) -> None:
        self._settings = settings
        self._metrics = metrics
        self._monotonic = monotonic
        self._chance = chance or random.Random()
        self._channels: dict[str, Channel] = {}
        self._idle_since: dict[str, float] = {}
        self._group: asyncio.TaskGroup | None = None
        self._draining = False
        self._emptied = asyncio.Event()
        self._admission = Admission(settings, self._chance, monotonic)
        self._proxies = Proxies(settings.trusted_proxies)
        self._origins = Origins(settings.origins)
        self._deadlines = Deadlines(settings.slow_timeout, monotonic)
        self._loop_delay = LoopDelay(metrics.loop_delay.observe)
        self._tail = Tail(
            log,
            store,
            self._channels,
            metrics,
            clock,
            verify=lambda blog: self._verifier.check((blog,)),
            burst_window=settings.burst_window,
            note_work=self._loop_delay.note_work,
        )
        self._verifier = Verifier(log, store, self._channels, self._tail, metrics, settings.verify)
        self._audience = AudienceCounter(audience, self._channels) if audience else None
        self._opening = Opening(
            self._channels,
            store,
            log,
            ring_events=settings.ring_events,
            make=lambda state: Channel(state, host=self, markup=markup, settings=settings, metrics=metrics),
            follow=self._tail.follow,
            check=self._verifier.check,
        )
        self.history_pages = HistoryPages(store, self._spawn)
        self._catch_up = CatchUp(self.history_pages, self._verifier.check, self._spawn)
        self.write_buffer = settings.write_buffer
        self.compress = settings.compress
        self.by_address = settings.readers_per_address > 0
        self.slow_timeout = settings.slow_timeout
        # So long may a peer leave bytes unacknowledged: two heartbeats, but a slow one gets its 1013 first.
        self.silence = 2 * settings.heartbeat + settings.slow_timeout
        self.any_origin = self._origins.any
        metrics.readers.labels("socket").set_function(lambda: sum(c.sockets for c in self._channels.values()))
        metrics.readers.labels("sse").set_function(lambda: sum(len(c.streams) for c in self._channels.values()))
        metrics.blogs_followed.set_function(lambda: len(self._channels))

    # For the app

    @property
    def socket_protocol(self) -> type[asyncio.Protocol]:
        """The class for `uvicorn.Config(ws=…)`."""
        return door.socket_protocol(self)

    def door(self, http: type[asyncio.Protocol]) -> type[asyncio.Protocol]:
        """The class for `uvicorn.Config(http=…)`, in front of the one that reads all but sockets' handshakes."""
        return door.door(self, http)

    @property
    def routes(self) -> list[BaseRoute]:
        """For Starlette: the event stream, and what a socket's address says to those who ask for no socket."""
        return [
            Route(sse.PATH, sse.Events(self), methods=["GET"]),
            Route(upgrade.PATH, _upgrade_required, methods=["GET"]),
        ]

    async def run(self) -> None:
        """Serve readers until cancelled; then whoever is left is cut off."""
        try:
            async with asyncio.TaskGroup() as group:
                lasting = [
                    group.create_task(self._tail.run(), name="tail"),
                    group.create_task(self._verifier.run(), name="watch"),
                    group.create_task(heartbeats(self._channels, self._settings.heartbeat), name="heartbeats"),
                    group.create_task(self._tidy(), name="tidy"),
                    group.create_task(self._loop_delay.run(), name="stops"),
                ]
                if self._audience:
                    lasting.append(group.create_task(self._audience.run(), name="census"))
                self._group = group
                try:
                    await asyncio.Event().wait()
                finally:
                    self._group = None
                    await end(lasting)
        finally:
            self._abort()

    async def drain(self) -> None:
        """Take no more readers, and send all away, batch by batch, each with its own time to come back.
        Returns when all are gone.

        `run` goes on meanwhile: who is still here gets every change.
        """
        self._draining = True
        leaving: list[Stream | Reader] = []
        for channel in self._channels.values():
            leaving += [*channel.streams, *channel.everybody()]
        self._chance.shuffle(leaving)  # one blog's readers are not all in one batch
        await self._part(leaving)
        if self._admission.readers:
            self._emptied.clear()
            try:
                async with asyncio.timeout(CLOSING_MAX):
                    await self._emptied.wait()
            except TimeoutError:
                self._abort()

    async def _part(self, leaving: list[Stream | Reader]) -> None:
        settings, loop = self._settings, asyncio.get_running_loop()
        plan = batches(
            len(leaving),
            grace=settings.drain,
            spread=settings.reconnect_spread,
            taken_over=settings.share_port,
            chance=self._chance,
        )
        began, asked = loop.time(), 0
        for batch in plan:
            await asyncio.sleep(began + batch.after - loop.time())
            self._loop_delay.note_work()
            for delay in batch.delays:
                leaving.pop().part(delay, "restarting")
                asked += 1
                if asked % SLICE == 0:
                    await asyncio.sleep(0)

    def readers(self, blog: str | None = None) -> int:
        """How many read here now: one blog, or all."""
        if blog is None:
            return sum(channel.readers for channel in self._channels.values())
        channel = self._channels.get(blog)
        return channel.readers if channel else 0

    async def audience(self, blog: str) -> int:
        """How many read the blog, in all processes together. Raises Unavailable."""
        return await self._audience.total(blog) if self._audience else self.readers(blog)

    def last_delivery(self, blog: str) -> datetime | None:
        """When a change of the blog was last written to all its readers here; None if not since it is followed."""
        channel = self._channels.get(blog)
        return channel.last_delivery if channel else None

    # For upgrades and streams

    def admit(self, *, origin: str | None, host: str | None, address: str | None) -> None:
        """Count a reader in; `leave` or `left` count it out.

        Raises:
            Forbidden: pages of its origin may not read here.
            Misdirected: nobody may: this process has the role `api`.
            Unavailable: there is no room, or the hub is not running.
        """
        self._origins.check(origin, host)
        self._serving()
        self._admission.admit(address)
        self._loop_delay.note_work()

    def _serving(self) -> None:
        if self._settings.role == "api":
            raise Misdirected(
                "this process serves no live readers (STOPPRESS_ROLE=api); those of the role hub or all do"
            )
        if self._draining or self._group is None:
            raise Unavailable("this server is going away", self._chance.randint(1, 3))

    def address(self, peer: str | None, forwarded: Sequence[str]) -> str | None:
        """The reader's address behind trusted proxies."""
        return self._proxies.address(peer, forwarded)

    def channel(self, blog: str, cursor: Cursor | None) -> Channel | None:
        """The blog's channel, if it is open and knows the cursor."""
        channel = self._channels.get(blog)
        return channel if channel and (cursor is None or channel.knows(cursor)) else None

    async def reach(self, blog: str, cursor: Cursor | None) -> Channel:
        """The blog's channel, opened if need be. If it does not know the cursor, the store does not either.

        Raises:
            NotFound: there is no such blog.
            Unavailable: the store can't be asked in time, or this server goes away.
        """
        try:
            async with asyncio.timeout(self._settings.handshake_timeout):
                channel = await self._opening.open(blog)
                if cursor is not None and not channel.knows(cursor):
                    channel = await self._opening.settle(blog, cursor)
        except TimeoutError as error:
            raise Unavailable("the store did not answer in time", _RETRY_AFTER) from error
        self._serving()
        return channel

    def usher(self, upgrade: Upgrade, blog: str, cursor: Cursor | None) -> asyncio.Task[None]:
        """Open the channel or ask the store about the cursor; then accept or refuse."""
        return self._spawn(self._usher(upgrade, blog, cursor))

    def leave(self, address: str | None) -> None:
        """Count one out."""
        self._admission.release(address)
        if not self._admission.readers:
            self._emptied.set()

    def left(self, connection: Connection) -> None:
        """Count a connection out."""
        self.leave(connection.address)

    def refused(self, error: StopPressError) -> None:
        """Count a refusal."""
        reason = next((name for kind, name in _REASONS if isinstance(error, kind)), "error")
        self._metrics.refusals.labels(reason).inc()

    # For channels

    def fetch(self, reader: Reader) -> None:
        """Bring it what the ring no longer has; one task for each reader at most."""
        if self._group is not None:
            self._catch_up.bring(reader)

    def expect(self, reader: Reader) -> None:
        """It must leave its state in time."""
        self._deadlines.expect(reader)

    def relax(self, reader: Reader) -> None:
        """It did."""
        self._deadlines.relax(reader)

    # Inside

    def _spawn(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """A task of the hub's. It must not raise: that would end the hub."""
        if self._group is None:
            work.close()
            raise Unavailable("this server is going away")
        return self._group.create_task(work)

    async def _usher(self, upgrade: Upgrade, blog: str, cursor: Cursor | None) -> None:
        try:
            upgrade.accept(await self.reach(blog, cursor))
        except StopPressError as error:
            upgrade.refuse(error)
        except Exception:  # one reader's misfortune is not the hub's
            _log.exception("opening a socket on %s failed", blog)
            upgrade.refuse(StopPressError("the socket could not be opened"))

    async def _tidy(self) -> None:
        """Hold readers to their deadlines, and close channels that nobody has read for a while."""
        linger = self._settings.linger
        step = max(0.02, min(1.0, self._settings.slow_timeout / 4, linger / 4))
        while True:
            await asyncio.sleep(step)
            self._deadlines.sweep()
            now = self._monotonic()
            idle = {blog for blog, channel in self._channels.items() if not channel.readers and not channel.wakes}
            self._idle_since = {blog: self._idle_since.get(blog, now) for blog in idle}
            for blog, since in self._idle_since.items():
                if now - since >= linger:
                    del self._channels[blog]

    def _abort(self) -> None:
        for channel in self._channels.values():
            for reader in channel.everybody():
                reader.transport.abort()
        self._deadlines.abort()


async def _upgrade_required(request: Request) -> Response:
    """A socket's address, asked for without `Upgrade: websocket`."""
    answer = sse.refusal(Invalid("this is the address of a WebSocket; see also /events and /changes", status=426))
    answer.headers["upgrade"] = "websocket"
    answer.headers["connection"] = "upgrade"
    return answer
