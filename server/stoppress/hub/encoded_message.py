"""A change as it goes to readers: encoded once for each dialect, and the same bytes for all.

Compressed frames can be shared because permessage-deflate (RFC 7692) is agreed on without context takeover: each
message is compressed as if it were the first. The same holds for event streams: a gzip stream may be put together
from pieces that were deflated alone, as long as each ends on a byte (RFC 1951, 3.2.3, by Z_SYNC_FLUSH).
Short messages stay as they are: deflating them would save little, and cost each client an inflation.
"""

from __future__ import annotations

import struct
import zlib

from stoppress import wire
from stoppress.model import Blog, BlogChanged, Cursor, PostChanged, PostRemoved, Record, UnknownEvent
from stoppress.wire import Form, Markup

_TEXT, _CLOSE = 0x81, 0x88  # FIN and opcode: RFC 6455, 5.2
_COMPRESSED = 0x40  # RSV1: RFC 7692, 6
_FLUSHED = b"\x00\x00\xff\xff"  # what a flush ends with, and a compressed message leaves out: RFC 7692, 7.2.1
_SHORT = 256  # bytes up to which a message is not compressed
_STORED_MAX = 65_535  # bytes of one stored block: RFC 1951, 3.2.4
GZIP_HEAD = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"  # RFC 1952, 2.3: deflate, no name, no time


class FrameFormat:
    """What a connection agreed on: its form, and whether frames may be compressed. There is one of each, told apart by
    identity: it is looked up at every write."""

    __slots__ = ("deflated", "form")

    def __init__(self, form: Form, *, deflated: bool) -> None:
        self.form = form
        self.deflated = deflated


_FRAME_FORMATS = {(form, deflated): FrameFormat(form, deflated=deflated) for form in Form for deflated in (False, True)}


def frame_format(form: Form, *, deflated: bool = False) -> FrameFormat:
    """The one of these."""
    return _FRAME_FORMATS[form, deflated]


def deflate(data: bytes) -> bytes:
    """`data` as deflate blocks that lean on nothing before them and end on a byte, in a window of 32 KiB."""
    squeeze = zlib.compressobj(wbits=-15)
    return squeeze.compress(data) + squeeze.flush(zlib.Z_SYNC_FLUSH)


def stored(data: bytes) -> bytes:
    """`data` as deflate blocks that are not compressed."""
    pieces = []
    for start in range(0, len(data), _STORED_MAX):
        piece = data[start : start + _STORED_MAX]
        pieces.append(struct.pack("<BHH", 0, len(piece), len(piece) ^ 0xFFFF) + piece)
    return b"".join(pieces)


def gzip_tail(check: int, length: int) -> bytes:
    """The end of a gzip stream whose plain bytes have this CRC-32 and this length."""
    return b"\x01\x00\x00\xff\xff" + struct.pack("<LL", check, length & 0xFFFFFFFF)


def text_frame(text: str) -> bytes:
    """`text` as one unmasked text frame, as a server sends it."""
    return _frame(_TEXT, text.encode())


def deflated_frame(frame: bytes) -> bytes:
    """A text frame's compressed twin; the frame itself when it is short, or would not become shorter."""
    text = payload(frame)
    if len(text) <= _SHORT:
        return frame
    shorter = _frame(_TEXT | _COMPRESSED, deflate(text).removesuffix(_FLUSHED))
    return shorter if len(shorter) < len(frame) else frame


def close_frame(code: int) -> bytes:
    """A close frame with `code` and no reason: the codes speak for themselves."""
    return _frame(_CLOSE, struct.pack("!H", code))


def event(name: str, text: str | bytes, cursor: Cursor | None = None) -> bytes:
    """One Server-Sent Event. With `cursor` it moves the reader's Last-Event-ID; `text` is JSON, hence one line."""
    body = text.encode() if isinstance(text, str) else text
    mark = b"" if cursor is None else b"id: %s\n" % str(cursor).encode()
    return b"%sevent: %s\ndata: %s\n\n" % (mark, name.encode(), body)


class Message:
    """One record, ready to be written.

    `about` is the post's id, or None for the blog itself: of several with the same, only the last matters.
    `blog` is the blog as of the record. `size`, in bytes, is about what it takes once every form was asked for.
    """

    __slots__ = ("_deflated", "_events", "_frames", "_markup", "_record", "about", "blog", "cursor", "sequence", "size")

    def __init__(self, record: Record, blog: Blog, epoch: str, markup: Markup) -> None:
        self.sequence = record.sequence
        self.cursor = Cursor(epoch, record.sequence)
        self.blog = blog
        self._record = record
        self._markup = markup
        self._frames: dict[FrameFormat, bytes] = {}
        self._events: dict[Form, bytes] = {}
        self._deflated: dict[Form, bytes] = {}
        match record.event:
            case PostChanged(post=state) | PostRemoved(tombstone=state):
                self.about: str | None = state.id
            case BlogChanged(blog=state):
                self.about = None
            case UnknownEvent():
                state = blog
                self.about = None
        # The post itself, its frame and event in two forms, each about as long as the post, and all four deflated.
        self.size = 1_000 + 7 * len(state.model_dump_json())

    def frame(self, kind: FrameFormat) -> bytes:
        """The WebSocket frame."""
        frame = self._frames.get(kind)
        if frame is None:
            if kind.deflated:
                frame = deflated_frame(self.frame(frame_format(kind.form)))
            else:
                frame = text_frame(wire.change(self._record, self.blog, self.cursor, kind.form, self._markup))
            self._frames[kind] = frame
        return frame

    def event(self, form: Form) -> bytes:
        """The Server-Sent Event, of the same text."""
        block = self._events.get(form)
        if block is None:
            block = self._events[form] = event("change", payload(self.frame(frame_format(form))), self.cursor)
        return block

    def deflated_event(self, form: Form) -> bytes:
        """The same, as a piece of a gzip stream."""
        block = self._deflated.get(form)
        if block is None:
            block = self._deflated[form] = deflate(self.event(form))
        return block


def _frame(head: int, payload: bytes) -> bytes:
    length = len(payload)
    if length < 126:
        return struct.pack("!BB", head, length) + payload
    if length < 65_536:
        return struct.pack("!BBH", head, 126, length) + payload
    return struct.pack("!BBQ", head, 127, length) + payload


def payload(frame: bytes) -> bytes:
    """What an unmasked frame carries."""
    return frame[{126: 4, 127: 10}.get(frame[1], 2) :]
