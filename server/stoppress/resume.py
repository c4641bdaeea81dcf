"""How a client resumes from a cursor: the one rule for sockets, event streams, polling and the hub's check. No I/O.

    cursor                                   answer
    ──────                                   ──────
    none                                     FromNow: the client receives changes from now on
    of another epoch                         Reset("epoch"): the history began again
    of this epoch, ahead of the head         Reset("ahead"): the history was set back, for example to an older backup
    of this epoch, before `reload_before`    Reset("too_far_behind"): to load afresh is cheaper than to catch up
    of this epoch, at or behind the head     Continue: the client receives the changes that it lacks

The rules see only `History`, and are applied in the order of `_RULES`. To add a rule that needs more (a link that
distinguishes two histories of one epoch), add a field to `History` and an entry to `_RULES`. The callers stay the same.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, get_args

from stoppress.model import Cursor

Reason = Literal["epoch", "ahead", "too_far_behind"]


@dataclass(frozen=True, slots=True)
class History:
    """A blog's history, as far as it is known when a client connects. `head` is its current end.

    `reload_before` is the sequence number before which a client reloads instead of catching up. It is 0 for the json
    form, in which a client always catches up.
    """

    head: Cursor
    reload_before: int = 0


@dataclass(frozen=True, slots=True)
class FromNow:
    """The client has no cursor, and starts at the head."""


@dataclass(frozen=True, slots=True)
class Continue:
    """The client receives every change after its cursor."""


@dataclass(frozen=True, slots=True)
class Reset:
    """The client discards everything and reloads. `reason` is that of the `reset` message."""

    reason: Reason


Resume = FromNow | Continue | Reset

# Created once, because thousands of clients come back at the same moment.
_FROM_NOW, _CONTINUE = FromNow(), Continue()
_RESETS: dict[Reason, Reset] = {reason: Reset(reason) for reason in get_args(Reason)}
Rule = Callable[[Cursor, History], Reason | None]


def _epoch(cursor: Cursor, history: History) -> Reason | None:
    return "epoch" if cursor.epoch != history.head.epoch else None


def _ahead(cursor: Cursor, history: History) -> Reason | None:
    return "ahead" if cursor.sequence > history.head.sequence else None


def _too_far_behind(cursor: Cursor, history: History) -> Reason | None:
    return "too_far_behind" if cursor.sequence < history.reload_before else None


# The epoch comes first: sequence numbers of two epochs can't be compared.
_RULES: tuple[Rule, ...] = (_epoch, _ahead, _too_far_behind)


def resume(cursor: Cursor | None, history: History) -> Resume:
    """How a client with `cursor` resumes in `history`."""
    if cursor is None:
        return _FROM_NOW
    for rule in _RULES:
        reason = rule(cursor, history)
        if reason is not None:
            return _RESETS[reason]
    return _CONTINUE
