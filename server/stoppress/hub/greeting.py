"""How a reader is greeted, and from where it goes on: the first messages of a socket or an event stream."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from stoppress import wire
from stoppress.hub.encoded_message import text_frame
from stoppress.model import Blog, Cursor
from stoppress.resume import Continue, FromNow, History, Reset, resume

Kind = Literal["ring", "store", "reset"]


@dataclass(frozen=True, slots=True)
class Greeting:
    """The reader begins at `sequence`, greeted by the frame `hello`, which names `cursor`. A reader that can not go on
    from its own cursor is then told to load afresh, by the text `reset`.

    `kind` is the label of `stoppress_resumes_total`: what brings the reader on. None when it came without a cursor."""

    sequence: int
    cursor: Cursor
    hello: bytes
    reset: str | None
    kind: Kind | None


def make_greeting(cursor: Cursor | None, history: History, blog: Blog, ring_start: int, heartbeat: float) -> Greeting:
    """For a reader that comes with `cursor`. `blog` is the blog as of the head, `ring_start` the sequence number behind
    which the ring has every change, and `heartbeat` the seconds between two heartbeats."""

    def hello(at: Cursor, *, resumed: bool) -> bytes:
        return text_frame(wire.hello(blog, at, heartbeat=heartbeat, resumed=resumed))

    head = history.head
    match resume(cursor, history):
        case Reset(reason=reason):
            # The hello names the reader's own cursor: cut off before the reset, it must not come back with ours.
            own = cursor or head
            return Greeting(head.sequence, own, hello(own, resumed=False), wire.reset(head, reason), "reset")
        case Continue():
            here = cursor or head
            kind: Kind = "ring" if here.sequence >= ring_start else "store"
            return Greeting(here.sequence, here, hello(here, resumed=True), None, kind)
        case FromNow():
            return Greeting(head.sequence, head, hello(head, resumed=False), None, None)
