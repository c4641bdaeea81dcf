"""Admits or refuses each new reader: origin, role, limits, and the channel of its blog. Counts refusals by reason.

WebSocket upgrades and event streams call `Admission`. A WebSocket connection also calls it later, to catch up from the
store and to set its deadlines.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from stoppress.errors import Forbidden, Invalid, Misdirected, NotFound, StopPressError, Unavailable
from stoppress.hub.channel import Channel
from stoppress.hub.channel_opener import ChannelOpener
from stoppress.hub.channels import Channels
from stoppress.hub.client_address import Proxies
from stoppress.hub.client_budgets import ClientBudgets
from stoppress.hub.connection_limits import ConnectionLimits, Full, RateExceeded
from stoppress.hub.dependencies import Clocks, MayRead, nobody
from stoppress.hub.follow.catchup import Behind, CatchUp
from stoppress.hub.follow.history_pages import HistoryPages
from stoppress.hub.subscriber import Subscriber
from stoppress.hub.tasks import ShortTasks
from stoppress.hub.upkeep.loop_delay import LoopDelay
from stoppress.hub.upkeep.slow_readers import SlowReaders
from stoppress.metrics import Metrics
from stoppress.model import Cursor
from stoppress.origins import Origins
from stoppress.resume import Reset
from stoppress.settings import Settings

# The label of `stoppress_refusals_total` for each kind of error; the first match counts.
_REASONS: tuple[tuple[type[StopPressError], str], ...] = (
    (Full, "full"),
    (RateExceeded, "rush"),
    (Unavailable, "unavailable"),
    (Forbidden, "origin"),
    (NotFound, "blog"),
    (Misdirected, "role"),
    (Invalid, "request"),
)

_log = logging.getLogger("stoppress.hub")


class Credentials(NamedTuple):
    """The credentials of a reader of a private blog: the value of `Authorization`, and the reader's address."""

    authorization: str
    address: str


class Waiting(Protocol):
    """A WebSocket handshake that waits for its answer (socket/upgrade.py)."""

    def accept(self, channel: Channel) -> None:
        """Accept the handshake; the reader joins `channel`."""

    def refuse(self, error: StopPressError) -> None:
        """Answer with an HTTP error, and close the connection."""


class ReaderToCatchUp(Subscriber, Behind, Protocol):
    """A WebSocket reader, as catch-up and deadlines need it."""


@dataclass(frozen=True, slots=True)
class Services:
    """The parts of the hub to which admission passes readers."""

    channels: Channels
    opener: ChannelOpener
    catch_up: CatchUp
    history_pages: HistoryPages
    slow_readers: SlowReaders
    loop_delay: LoopDelay
    tasks: ShortTasks
    may_read: MayRead = nobody


class Admission:
    """Admits readers, counts them, and finds their channels. One object serves the whole process."""

    def __init__(self, settings: Settings, metrics: Metrics, clocks: Clocks, services: Services) -> None:
        self._settings = settings
        self._metrics = metrics
        self._chance = clocks.chance
        self._services = services
        self._limits = ConnectionLimits(settings, clocks.chance, clocks.monotonic)
        self._proxies = Proxies(settings.trusted_proxies)
        self._origins = Origins(settings.origins)
        self._closed = False
        self.client_budgets = ClientBudgets(metrics)
        self._emptied = asyncio.Event()
        self.history_pages = services.history_pages
        self.write_buffer = settings.write_buffer
        self.compress = settings.compress
        self.by_address = settings.readers_per_address > 0  # whether a reader's address matters
        self.slow_timeout = settings.slow_timeout

    # Arriving

    def admit(self, *, origin: str | None, host: str | None, address: str | None) -> None:
        """Check a reader, and count it. Call `leave` once it has left, with the same address.

        Raises:
            Forbidden: pages of its origin may not read here.
            Misdirected: this process has the role `api`, which serves no readers.
            Unavailable: there is no room, or the hub is not running.
        """
        self._origins.check(origin, host)
        self._check_serving()
        self._limits.admit(address)
        self._services.loop_delay.note_work()

    def _check_serving(self) -> None:
        if self._settings.role == "api":
            raise Misdirected(
                "this process serves no live readers (STOPPRESS_ROLE=api); connect to one with the role hub or all"
            )
        if self._closed or not self._services.tasks.accepting:
            raise Unavailable("this server is shutting down; reconnect", self._chance.randint(1, 3))

    def address(self, peer: str | None, forwarded: Sequence[str]) -> str | None:
        """The reader's address behind trusted proxies; see client_address.Proxies."""
        return self._proxies.address(peer, forwarded)

    def channel(self, blog: str, cursor: Cursor | None) -> Channel | None:
        """The blog's channel if it is open, public, and can resume from `cursor`. None if the store must be asked."""
        channel = self._services.channels.get(blog)
        if channel is None or channel.private or isinstance(channel.resume(cursor), Reset):
            return None
        return channel

    async def open_channel(self, blog: str, cursor: Cursor | None, credentials: Credentials | None = None) -> Channel:
        """The blog's channel, opened if necessary. If it can't resume from `cursor`, neither can the store.

        Raises:
            NotFound: there is no such blog, or it is private and `credentials` do not allow reading it.
            Unavailable: the store did not answer in time, or this server is shutting down.
        """
        # Before the blog is looked for, so that a wrong token counts the same whether or not there is such a blog.
        may_read = credentials is not None and await self._services.may_read(blog, *credentials)
        channel = await self._services.opener.open(blog, cursor, private=may_read)
        self._check_serving()
        if channel.deleted or (channel.private and not may_read):  # it changed in the meantime
            raise NotFound(f"there is no blog {blog[:80]!r}")
        return channel

    def answer_later(
        self, waiting: Waiting, blog: str, cursor: Cursor | None, credentials: Credentials | None = None
    ) -> asyncio.Task[None]:
        """Open the channel or ask the store about the cursor, in a task. Then accept or refuse `waiting`."""
        return self._services.tasks.spawn(self._open_and_answer(waiting, blog, cursor, credentials))

    async def _open_and_answer(
        self, waiting: Waiting, blog: str, cursor: Cursor | None, credentials: Credentials | None
    ) -> None:
        try:
            waiting.accept(await self.open_channel(blog, cursor, credentials))
        except StopPressError as error:
            waiting.refuse(error)
        except Exception:  # one reader's failure must not stop the hub
            _log.exception("Can't open a WebSocket for blog %s", blog)
            waiting.refuse(StopPressError("the WebSocket could not be opened; the server's log has the cause"))

    def count_refusal(self, error: StopPressError) -> None:
        """Count a rejected reader in `stoppress_refusals_total`."""
        reason = next((name for kind, name in _REASONS if isinstance(error, kind)), "error")
        self._metrics.refusals.labels(reason).inc()

    # Connected (reader.py)

    def fetch(self, reader: ReaderToCatchUp) -> None:
        """Bring `reader` up to date from the store."""
        self._services.catch_up.start(reader)

    def start_deadline(self, reader: ReaderToCatchUp) -> None:
        """Start a deadline for `reader` to leave its current state."""
        self._services.slow_readers.start_deadline(reader)

    def cancel_deadline(self, reader: ReaderToCatchUp) -> None:
        """Cancel the deadline of `reader`, which has left its state."""
        self._services.slow_readers.cancel_deadline(reader)

    def spend(self, client: Hashable, frames: int, size: int) -> bool:
        """Count frames and bytes from a WebSocket client. Returns whether it is within its budget."""
        return self.client_budgets.spend(client, frames, size)

    # Leaving

    def leave(self, address: str | None) -> None:
        """Count one reader out. `address` is the one it was admitted with."""
        self._limits.release(address)
        if not self._limits.readers:
            self._emptied.set()

    def close(self) -> None:
        """Admit no more readers."""
        self._closed = True

    async def wait_until_empty(self, seconds: float) -> None:
        """Return when all admitted readers have left. Raises TimeoutError after `seconds`."""
        if self._limits.readers:
            self._emptied.clear()
            async with asyncio.timeout(seconds):
                await self._emptied.wait()
