"""A reader's first messages, and the position from which it resumes: the same for a socket and an event stream.

A reader's first messages are a `hello`, and a `reset` if the reader can't resume from its cursor.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from stoppress import wire
from stoppress.hub.encoded_message import event, payload, text_frame
from stoppress.hub.ring import CatchUpLimits, Ring
from stoppress.model import Blog, Cursor
from stoppress.resume import Continue, FromNow, History, Reset, resume
from stoppress.wire import Form

RETRY = 2_000  # milliseconds until an EventSource reconnects; not shorter, because clients add no jitter

Kind = Literal["ring", "store", "reset"]

_KEPT = 64  # hellos


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

    def frames(self) -> bytes:
        """The first messages as WebSocket frames."""
        return self.frame if self.reset is None else self.frame + text_frame(self.reset)

    def events(self, head: Cursor) -> bytes:
        """The first messages as Server-Sent Events. `head` is the blog's cursor."""
        first = event("hello", payload(self.frame), self.cursor, RETRY)
        return first if self.reset is None else first + event("reset", self.reset, head)


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


class HelloCache:
    """The hellos of a blog as of its head, for readers that come back with the same cursor: all do after a restart.

    `limits` are those of the html form. `heartbeat` is as in `make_hello`.
    """

    def __init__(self, limits: CatchUpLimits, heartbeat: float) -> None:
        self._limits = limits
        self._heartbeat = heartbeat
        self._hellos: dict[tuple[Cursor | None, Form], Hello] = {}

    def __len__(self) -> int:
        return len(self._hellos)

    def move(self, head: Cursor) -> None:
        """Note the blog's new head, and forget all hellos."""
        self.history = History(head)
        self._history_as_html: History | None = None
        self._hellos.clear()

    def get(self, cursor: Cursor | None, form: Form, blog: Blog, ring: Ring) -> Hello:
        """The hello for a reader of `form` that connects with `cursor`. `blog` and `ring` are those at the head."""
        hello = self._hellos.get((cursor, form))
        if hello is None:
            if len(self._hellos) >= _KEPT:
                self._hellos.clear()
            hello = make_hello(cursor, self._history_for(form, ring), blog, ring.start, self._heartbeat)
            self._hellos[cursor, form] = hello
        return hello

    def _history_for(self, form: Form, ring: Ring) -> History:
        """The history, with the limits of `form`. Those of html are found once for each head, and only when needed."""
        if form is not Form.HTML:
            return self.history
        if self._history_as_html is None:
            head = self.history.head
            self._history_as_html = History(head, ring.reload_before(head.sequence, self._limits))
        return self._history_as_html
