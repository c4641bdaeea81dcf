"""Where a cursor leads: the one rule that socket, event stream, polling and the hub's own check share. No I/O.

    cursor                                   answer
    ──────                                   ──────
    none                                     FromNow: the client gets what happens from now on
    of another epoch                         Reset("epoch"): the history began anew
    of this epoch, ahead of the head         Reset("ahead"): the history was set back, to an older backup for example
    of this epoch, at or behind the head     Continue: the client gets what it lacks

`History` is all that the rules may look at, and `_RULES` is the order in which they are asked. A rule that needs more
(a link that tells two histories with one epoch apart, or what it costs to catch up) is a field of `History` and a line
of `_RULES`; those who ask need not change.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, get_args

from stoppress.model import Cursor

Reason = Literal["epoch", "ahead"]


@dataclass(frozen=True, slots=True)
class History:
    """What is known of a blog's history when a cursor comes: `head` is where it stands."""

    head: Cursor


@dataclass(frozen=True, slots=True)
class FromNow:
    """There is no cursor: the client begins at the head."""


@dataclass(frozen=True, slots=True)
class Continue:
    """The client gets every change after its cursor."""


@dataclass(frozen=True, slots=True)
class Reset:
    """The client forgets all it has and loads afresh. `reason` is that of the `reset` message."""

    reason: Reason


Resume = FromNow | Continue | Reset

# Made once: thousands of clients come back at the same moment.
_FROM_NOW, _CONTINUE = FromNow(), Continue()
_RESETS: dict[Reason, Reset] = {reason: Reset(reason) for reason in get_args(Reason)}
Rule = Callable[[Cursor, History], Reason | None]


def _epoch(cursor: Cursor, history: History) -> Reason | None:
    return "epoch" if cursor.epoch != history.head.epoch else None


def _ahead(cursor: Cursor, history: History) -> Reason | None:
    return "ahead" if cursor.sequence > history.head.sequence else None


# The epoch comes first: sequence numbers of two epochs can't be compared.
_RULES: tuple[Rule, ...] = (_epoch, _ahead)


def resume(cursor: Cursor | None, history: History) -> Resume:
    """Where `cursor` leads in `history`."""
    if cursor is None:
        return _FROM_NOW
    for rule in _RULES:
        reason = rule(cursor, history)
        if reason is not None:
            return _RESETS[reason]
    return _CONTINUE
