"""A reader's first messages, and the position from which it resumes: the same for a socket and an event stream.

A reader's first messages are a `hello`, and a `reset` if the reader can't resume from its cursor.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from stoppress import wire
from stoppress.hub.encoded_message import text_frame
from stoppress.model import Blog, Cursor
from stoppress.resume import Continue, FromNow, History, Reset, resume

Kind = Literal["ring", "store", "reset"]


@dataclass(frozen=True, slots=True)
class Hello:
    """How a reader starts: at `sequence`, with the `hello` message in `frame`, which holds `cursor`.

    `reset` is the text of the `reset` message for a reader whose cursor can't be resumed, else None. `kind` is the
    label in `stoppress_resumes_total`, which says what brings the reader up to date; None if it came without a cursor.
    """

    sequence: int
    cursor: Cursor
    frame: bytes
    reset: str | None
    kind: Kind | None


def make_hello(cursor: Cursor | None, history: History, blog: Blog, ring_start: int, heartbeat: float) -> Hello:
    """The hello for a reader that connects with `cursor`.

    `blog` is the blog as of the head. `ring_start` is the sequence number after which the ring holds every change.
    `heartbeat` is the interval between two heartbeats, in seconds.
    """

    def frame(at: Cursor, *, resumed: bool) -> bytes:
        return text_frame(wire.hello(blog, at, heartbeat=heartbeat, resumed=resumed))

    head = history.head
    match resume(cursor, history):
        case Reset(reason=reason):
            # The hello holds the reader's own cursor. If it held ours and the connection broke before the reset, the
            # reader would reconnect with ours and keep its wrong content.
            own = cursor or head
            return Hello(head.sequence, own, frame(own, resumed=False), wire.reset(head, reason), "reset")
        case Continue():
            here = cursor or head
            kind: Kind = "ring" if here.sequence >= ring_start else "store"
            return Hello(here.sequence, here, frame(here, resumed=True), None, kind)
        case FromNow():
            return Hello(head.sequence, head, frame(head, resumed=False), None, None)
