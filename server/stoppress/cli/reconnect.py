"""The state of a client that follows a blog (docs/protocol.md). The code does no I/O.

The server sends `hello` and then changes. Each message has the cursor that the client has reached once it has applied
the message. However a connection ends, the next one starts at the last cursor. `after_close` decides whether and when
to reconnect, by the close code:

    1000                    the blog ended                         never
    1008, 4404              refused, no such blog                  never
    1001, 1012              the server is stopping                 after the delay in its `bye`, or with jitter
    1013 and all others     the server is full, or cut off         back-off, full jitter

Back-off is a random time up to min(30 s, 0.5 s x 2^n), where n is the number of connections since the last one that
lasted for a heartbeat.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from stoppress.model import Cursor
from stoppress.wire import Close

FIRST_DELAY = 0.5
LONGEST_DELAY = 30.0
ENDED_PATIENCE = 2.0  # seconds to wait for last messages of an ended blog, if the server does not close the connection
AHEAD = 5.0  # seconds for which a heartbeat's cursor may be ahead of ours; longer means that a message was lost

Message = dict[str, Any]


@dataclass(slots=True)
class FollowState:
    """The state of one client over all its connections.

    `clock` returns seconds, and `chance` a random number in [0, 1).
    """

    clock: Callable[[], float]
    chance: Callable[[], float]
    cursor: str | None = None
    ended: bool = False
    heartbeat: float = 25.0
    _failures: int = 0
    _connected_at: float = 0.0
    _heard_at: float = 0.0
    _behind_since: float | None = None
    _bye: float | None = None

    def connected(self) -> None:
        """Record that a connection has opened."""
        self._connected_at = self._heard_at = self.clock()
        self._behind_since = None
        self._bye = None

    def receive(self, message: Message) -> bool:
        """Apply a message. True if it is of interest to people, and not only about the connection."""
        now = self._heard_at = self.clock()
        if now - self._connected_at >= self.heartbeat:
            self._failures = 0
        match message.get("type"):
            case "hello":
                self.heartbeat = float(message.get("heartbeat") or self.heartbeat)
                self.ended = _ended(message)
            case "heartbeat":
                # The cursor of a heartbeat is the blog's, not the client's.
                if self.cursor is not None and _ahead(message.get("cursor"), self.cursor):
                    self._behind_since = now if self._behind_since is None else self._behind_since
                else:
                    self._behind_since = None
                return False
            case "bye":
                self._bye = float(message.get("retry_after_ms") or 0) / 1000
                return False
            case "blog":
                self.ended = _ended(message)
            case "post" | "remove" | "reset":
                pass
            case _:
                # An unknown type from a later version: ignore it, but move the cursor as for every message.
                self._move(message)
                return False
        self._move(message)
        return True

    def _move(self, message: Message) -> None:
        self.cursor = message.get("cursor") or self.cursor
        self._behind_since = None

    @property
    def silent_until(self) -> float:
        """The time by `clock` until which the connection may be silent. After it the connection is dead.

        It is two heartbeats after the last message; less when the blog has ended, or when a heartbeat's cursor has been
        ahead of the client's for too long.
        """
        silent = self._heard_at + (ENDED_PATIENCE if self.ended else 2 * self.heartbeat)
        return silent if self._behind_since is None else min(silent, self._behind_since + AHEAD)

    def after_close(self, code: int | None, *, at_least: float = 0.0) -> float | None:
        """Seconds to wait before the next connection; None for never.

        `code` is the close code, or None without a closing handshake or without a connection. `at_least` is the number
        of seconds that the server asked for in Retry-After.
        """
        if code in (Close.ENDED, Close.REFUSED, Close.NO_SUCH_BLOG):
            return None
        if self._bye is not None:
            delay, self._bye = self._bye, None
            return delay
        delay = self.chance() * min(LONGEST_DELAY, FIRST_DELAY * 2.0**self._failures)
        self._failures += 1
        return at_least + delay


def _ended(message: Message) -> bool:
    return bool((message.get("blog") or {}).get("status") in ("ended", "archived"))


def _ahead(theirs: object, ours: str) -> bool:
    try:
        there, here = Cursor.parse(str(theirs)), Cursor.parse(ours)
    except ValueError:
        return False
    return there.epoch != here.epoch or there.sequence > here.sequence
