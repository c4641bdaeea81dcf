"""A change as it goes to readers: encoded once for each form, and the same bytes for all.

A frame is looked up by what the connection agreed on, which today is its form alone. A compressed twin of a frame
(permessage-deflate without context takeover) will be one more key of the same table; nobody but `Prepared.frame`
would learn of it.
"""

from __future__ import annotations

import struct

from stoppress import wire
from stoppress.model import Blog, BlogChanged, Cursor, PostChanged, PostRemoved, Record
from stoppress.wire import Form, Markup

_TEXT, _CLOSE = 0x81, 0x88  # FIN and opcode: RFC 6455, 5.2


def text_frame(text: str) -> bytes:
    """`text` as one unmasked text frame, as a server sends it."""
    return _frame(_TEXT, text.encode())


def close_frame(code: int) -> bytes:
    """A close frame with `code` and no reason: the codes speak for themselves."""
    return _frame(_CLOSE, struct.pack("!H", code))


def event(name: str, text: str | bytes, cursor: Cursor | None = None) -> bytes:
    """One Server-Sent Event. With `cursor` it moves the reader's Last-Event-ID; `text` is JSON, hence one line."""
    body = text.encode() if isinstance(text, str) else text
    mark = b"" if cursor is None else b"id: %s\n" % str(cursor).encode()
    return b"%sevent: %s\ndata: %s\n\n" % (mark, name.encode(), body)


def as_of(blog: Blog, record: Record) -> Blog:
    """The blog with what it counted at `record`; if the record changed the blog itself, as it then became."""
    current = record.event.blog if isinstance(record.event, BlogChanged) else blog
    return current.model_copy(update={"posts": record.posts, "updated_at": record.updated_at})


class Prepared:
    """One record, ready to be written.

    `about` is the post's id, or None for the blog itself: of several with the same, only the last matters.
    `blog` is the blog as of the record. `size`, in bytes, is about what it takes once every form was asked for.
    """

    __slots__ = ("_events", "_frames", "_markup", "_record", "about", "blog", "cursor", "sequence", "size")

    def __init__(self, record: Record, blog: Blog, epoch: str, markup: Markup) -> None:
        self.sequence = record.sequence
        self.cursor = Cursor(epoch, record.sequence)
        self.blog = blog
        self._record = record
        self._markup = markup
        self._frames: dict[Form, bytes] = {}
        self._events: dict[Form, bytes] = {}
        match record.event:
            case PostChanged(post=state) | PostRemoved(tombstone=state):
                self.about: str | None = state.id
            case BlogChanged(blog=state):
                self.about = None
        # The post itself, and its frame and event in two forms, each about as long as the post.
        self.size = 1_000 + 5 * len(state.model_dump_json())

    def frame(self, form: Form) -> bytes:
        """The WebSocket frame."""
        frame = self._frames.get(form)
        if frame is None:
            text = wire.change(self._record, self.blog, self.cursor, form, self._markup)
            frame = self._frames[form] = text_frame(text)
        return frame

    def event(self, form: Form) -> bytes:
        """The Server-Sent Event, of the same text."""
        block = self._events.get(form)
        if block is None:
            block = self._events[form] = event("change", _payload(self.frame(form)), self.cursor)
        return block


def _frame(head: int, payload: bytes) -> bytes:
    length = len(payload)
    if length < 126:
        return struct.pack("!BB", head, length) + payload
    if length < 65_536:
        return struct.pack("!BBH", head, 126, length) + payload
    return struct.pack("!BBQ", head, 127, length) + payload


def _payload(frame: bytes) -> bytes:
    return frame[{126: 4, 127: 10}.get(frame[1], 2) :]
