"""What upgrades and event streams ask of the hub: may a reader come in, where is its blog, and who is counted out.

A socket's connection asks here as well for what it needs later: to be brought up to date from the store, and to be held
to a deadline.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from stoppress.errors import Forbidden, Invalid, Misdirected, NotFound, StopPressError, Unavailable
from stoppress.hub.admission import Admission, Full, Rush
from stoppress.hub.channel import Channel
from stoppress.hub.channel_opener import Opener
from stoppress.hub.channels import Channels
from stoppress.hub.client_address import Proxies
from stoppress.hub.dependencies import Clocks
from stoppress.hub.follow.catchup import Behind, CatchUp
from stoppress.hub.follow.history_pages import HistoryPages
from stoppress.hub.subscriber import Subscriber
from stoppress.hub.tasks import ShortTasks
from stoppress.hub.upkeep.deadlines import Deadlines
from stoppress.hub.upkeep.loop_delay import LoopDelay
from stoppress.metrics import Metrics
from stoppress.model import Cursor
from stoppress.origins import Origins
from stoppress.resume import Reset
from stoppress.settings import Settings

# The label of `stoppress_refusals_total` for each kind of error; the first that fits counts.
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


class Waiting(Protocol):
    """A request for a socket that waits for its answer (socket/upgrade.py)."""

    def accept(self, channel: Channel) -> None:
        """Let the reader in."""

    def refuse(self, error: StopPressError) -> None:
        """Answer by plain HTTP, and close."""


class ReaderToCatchUp(Subscriber, Behind, Protocol):
    """A reader by socket, as catching up and deadlines need it."""


@dataclass(frozen=True, slots=True)
class Services:
    """What the lobby passes readers on to."""

    channels: Channels
    opener: Opener
    catch_up: CatchUp
    history_pages: HistoryPages
    deadlines: Deadlines
    loop_delay: LoopDelay
    tasks: ShortTasks


class Lobby:
    """Counts readers in and out, and finds them their channel."""

    def __init__(self, settings: Settings, metrics: Metrics, clocks: Clocks, services: Services) -> None:
        self._settings = settings
        self._metrics = metrics
        self._chance = clocks.chance
        self._services = services
        self._admission = Admission(settings, clocks.chance, clocks.monotonic)
        self._proxies = Proxies(settings.trusted_proxies)
        self._origins = Origins(settings.origins)
        self._closed = False
        self._emptied = asyncio.Event()
        self.history_pages = services.history_pages
        self.write_buffer = settings.write_buffer
        self.compress = settings.compress
        self.by_address = settings.readers_per_address > 0  # whether it matters which address a reader has
        self.slow_timeout = settings.slow_timeout

    # Coming in

    def admit(self, *, origin: str | None, host: str | None, address: str | None) -> None:
        """Count a reader in; `leave` or `left` count it out.

        Raises:
            Forbidden: pages of its origin may not read here.
            Misdirected: nobody may: this process has the role `api`.
            Unavailable: there is no room, or the hub is not running.
        """
        self._origins.check(origin, host)
        self._check_serving()
        self._admission.admit(address)
        self._services.loop_delay.note_work()

    def _check_serving(self) -> None:
        if self._settings.role == "api":
            raise Misdirected(
                "this process serves no live readers (STOPPRESS_ROLE=api); those of the role hub or all do"
            )
        if self._closed or not self._services.tasks.accepting:
            raise Unavailable("this server is going away", self._chance.randint(1, 3))

    def address(self, peer: str | None, forwarded: Sequence[str]) -> str | None:
        """The reader's address behind trusted proxies."""
        return self._proxies.address(peer, forwarded)

    def channel(self, blog: str, cursor: Cursor | None) -> Channel | None:
        """The blog's channel, if it is open and can go on from the cursor; None when the store has to be asked."""
        channel = self._services.channels.get(blog)
        return channel if channel and not isinstance(channel.resume(cursor), Reset) else None

    async def reach(self, blog: str, cursor: Cursor | None) -> Channel:
        """The blog's channel, opened if need be. If it can't go on from the cursor, the store can't either.

        Raises:
            NotFound: there is no such blog.
            Unavailable: the store can't be asked in time, or this server goes away.
        """
        channel = await self._services.opener.reach(blog, cursor)
        self._check_serving()
        return channel

    def usher(self, waiting: Waiting, blog: str, cursor: Cursor | None) -> asyncio.Task[None]:
        """Open the channel or ask the store about the cursor, in a task; then accept or refuse."""
        return self._services.tasks.spawn(self._usher(waiting, blog, cursor))

    async def _usher(self, waiting: Waiting, blog: str, cursor: Cursor | None) -> None:
        try:
            waiting.accept(await self.reach(blog, cursor))
        except StopPressError as error:
            waiting.refuse(error)
        except Exception:  # one reader's misfortune is not the hub's
            _log.exception("opening a socket on %s failed", blog)
            waiting.refuse(StopPressError("the socket could not be opened"))

    def refused(self, error: StopPressError) -> None:
        """Count a refusal."""
        reason = next((name for kind, name in _REASONS if isinstance(error, kind)), "error")
        self._metrics.refusals.labels(reason).inc()

    # Being there (socket/reader.py)

    def fetch(self, reader: ReaderToCatchUp) -> None:
        """Bring it what the ring no longer has."""
        self._services.catch_up.bring(reader)

    def expect(self, reader: ReaderToCatchUp) -> None:
        """Hold it to a deadline for leaving its state."""
        self._services.deadlines.expect(reader)

    def relax(self, reader: ReaderToCatchUp) -> None:
        """It left its state."""
        self._services.deadlines.relax(reader)

    # Going

    def leave(self, address: str | None) -> None:
        """Count one out, by the address it was admitted under."""
        self._admission.release(address)
        if not self._admission.readers:
            self._emptied.set()

    def close(self) -> None:
        """Let nobody in any more."""
        self._closed = True

    async def wait_until_empty(self, seconds: float) -> None:
        """Return when all who were admitted have left. Raises TimeoutError after `seconds`."""
        if self._admission.readers:
            self._emptied.clear()
            async with asyncio.timeout(seconds):
                await self._emptied.wait()
