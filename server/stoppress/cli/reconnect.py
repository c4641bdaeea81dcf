"""How a client follows a blog, without the socket: docs/protocol.md as one client's state.

A connection says `hello`, then changes, each with the cursor that the client stands at once it has taken it in.
However the connection ends, the next one begins at that cursor; so the only question is whether and when to come
back, and `after_close` answers it:

    1000                    the blog ended                         never
    1008, 4404              refused, no such blog                  never
    1001, 1012              the server goes away                   after its `bye`'s delay, or with jitter
    1013 and all others     full, or cut                           back-off, full jitter

Back-off is a random time up to min(30 s, 0.5 s x 2^n); n counts the connections since the last one that stood for a
heartbeat.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from stoppress.model import Cursor
from stoppress.wire import Close

FIRST_DELAY = 0.5
LONGEST_DELAY = 30.0
ENDED_PATIENCE = 2.0  # seconds for what an ended blog has still to say, if the server does not close by itself
AHEAD = 5.0  # seconds for which a heartbeat's cursor may be ahead of ours before something must have been lost

Message = dict[str, Any]


@dataclass(slots=True)
class FollowState:
    """One client's state over all its connections. `clock` is in seconds, `chance` in [0, 1)."""

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
        """A connection is open."""
        self._connected_at = self._heard_at = self.clock()
        self._behind_since = None
        self._bye = None

    def receive(self, message: Message) -> bool:
        """Take a message in; True if it is news, and not only the connection's own."""
        now = self._heard_at = self.clock()
        if now - self._connected_at >= self.heartbeat:
            self._failures = 0
        match message.get("type"):
            case "hello":
                self.heartbeat = float(message.get("heartbeat") or self.heartbeat)
                self.ended = _ended(message)
            case "heartbeat":
                # Where the blog stands, not where we stand.
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
                # A type that a later version added: nothing for us, but it moves the cursor as every message does.
                self._move(message)
                return False
        self._move(message)
        return True

    def _move(self, message: Message) -> None:
        self.cursor = message.get("cursor") or self.cursor
        self._behind_since = None

    @property
    def silent_until(self) -> float:
        """The time by which something must be heard, or the connection is dead: two heartbeats, or less when a
        heartbeat has told of changes that did not come, or when the blog has ended."""
        silent = self._heard_at + (ENDED_PATIENCE if self.ended else 2 * self.heartbeat)
        return silent if self._behind_since is None else min(silent, self._behind_since + AHEAD)

    def after_close(self, code: int | None, *, at_least: float = 0.0) -> float | None:
        """Seconds to wait before the next connection, None for never. `code` is None when there was no closing
        handshake or no connection at all; `at_least` is what the server asked for (Retry-After)."""
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
