"""A change in the form that readers receive: encoded once per frame format, with the same bytes for every reader.

Compressed frames can be shared because permessage-deflate (RFC 7692) is negotiated without context takeover: each
message is compressed as if it were the first. The same holds for event streams: a gzip stream may consist of pieces
that were deflated separately, if each ends on a byte boundary (RFC 1951, 3.2.3, with Z_SYNC_FLUSH). Short messages are
not compressed: it would save little, and each client would have to inflate them.

An event stream on the fast path has a frame format too. Its frames are chunks of an HTTP/1.1 response (RFC 9112, 7.1),
each with one or more whole events.
"""

from __future__ import annotations

import struct
import zlib
from typing import Literal

from stoppress import wire
from stoppress.model import Blog, BlogChanged, Cursor, PostChanged, PostRemoved, Record, UnknownEvent
from stoppress.wire import Form, Markup

_TEXT, _CLOSE = 0x81, 0x88  # FIN and opcode: RFC 6455, 5.2
_COMPRESSED = 0x40  # RSV1: RFC 7692, 6
_FLUSHED = b"\x00\x00\xff\xff"  # the end of a flush, which a compressed message omits: RFC 7692, 7.2.1
_SHORT = 256  # bytes; a message up to this size is not compressed
_STORED_MAX = 65_535  # bytes of one stored block: RFC 1951, 3.2.4
GZIP_HEAD = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"  # RFC 1952, 2.3: deflate, no name, no time


LAST_CHUNK = b"0\r\n\r\n"  # the end of a response in chunks

Transport = Literal["socket", "sse"]


class FrameFormat:
    """The result of a connection's negotiation: the form of its messages, whether frames may be compressed, the largest
    message with a post's content, in bytes before compression (None: any), and whether frames are those of a WebSocket
    or chunks of an event stream.

    There is one object per combination, compared by identity, because it is looked up at every write.
    """

    __slots__ = ("deflated", "form", "max_message", "transport")

    def __init__(self, form: Form, *, deflated: bool, max_message: int | None, transport: Transport) -> None:
        self.form = form
        self.deflated = deflated
        self.max_message = max_message
        self.transport = transport


# Readers are grouped by format, so a limit is one of few. Each is a power of two, and no message has 4 MiB.
_LIMITS = (None, *(1 << bits for bits in range(14, 22)))
_TRANSPORTS: tuple[Transport, ...] = ("socket", "sse")
_FRAME_FORMATS = {
    (form, deflated, limit, transport): FrameFormat(form, deflated=deflated, max_message=limit, transport=transport)
    for form in Form
    for deflated in (False, True)
    for limit in _LIMITS
    for transport in _TRANSPORTS
}


def frame_format(
    form: Form, *, deflated: bool = False, max_message: int | None = None, transport: Transport = "socket"
) -> FrameFormat:
    """The one FrameFormat object with these properties.

    `max_message`, at least 16,384 bytes, is rounded down to a power of two. None stands for 4 MiB and more.
    """
    limit = None if max_message is None else 1 << (max_message.bit_length() - 1)
    return _FRAME_FORMATS[form, deflated, limit if limit in _LIMITS else None, transport]


def deflate(data: bytes) -> bytes:
    """`data` as deflate blocks in a window of 32 KiB. They refer to nothing before them, and end on a byte boundary."""
    compressor = zlib.compressobj(wbits=-15)
    return compressor.compress(data) + compressor.flush(zlib.Z_SYNC_FLUSH)


_FLUSH = b"\x00\x00\x00\xff\xff"
"""An empty stored block, as zlib writes for Z_SYNC_FLUSH. Go's reader returns what it has only at such a block."""


def stored(data: bytes) -> bytes:
    """`data` as uncompressed deflate blocks, flushed: a reader has all of it when it has these bytes."""
    pieces = []
    for start in range(0, len(data), _STORED_MAX):
        piece = data[start : start + _STORED_MAX]
        pieces.append(struct.pack("<BHH", 0, len(piece), len(piece) ^ 0xFFFF) + piece)
    return b"".join((*pieces, _FLUSH))


def gzip_tail(check: int, length: int) -> bytes:
    """The end of a gzip stream. `check` is the CRC-32 of the uncompressed bytes, `length` their number."""
    return b"\x01\x00\x00\xff\xff" + struct.pack("<LL", check, length & 0xFFFFFFFF)


def text_frame(text: str) -> bytes:
    """`text` as one unmasked WebSocket text frame, as a server sends it."""
    return _frame(_TEXT, text.encode())


def deflated_frame(frame: bytes) -> bytes:
    """The compressed version of a text frame. Returns `frame` itself if it is short, or would not become shorter."""
    text = payload(frame)
    if len(text) <= _SHORT:
        return frame
    shorter = _frame(_TEXT | _COMPRESSED, deflate(text).removesuffix(_FLUSHED))
    return shorter if len(shorter) < len(frame) else frame


def close_frame(code: int) -> bytes:
    """A WebSocket close frame with `code` and no reason, since each code has one meaning."""
    return _frame(_CLOSE, struct.pack("!H", code))


def event(name: str, text: str | bytes, cursor: Cursor | None = None, retry: int | None = None) -> bytes:
    """One Server-Sent Event. `text` is JSON, hence one line. `cursor`, if given, becomes the reader's Last-Event-ID.

    `retry`, if given, is the time in milliseconds after which an EventSource reconnects.
    """
    body = text.encode() if isinstance(text, str) else text
    wait = b"" if retry is None else b"retry: %d\n" % retry
    mark = b"" if cursor is None else b"id: %s\n" % str(cursor).encode()
    return b"%s%sevent: %s\ndata: %s\n\n" % (wait, mark, name.encode(), body)


def chunk(data: bytes) -> bytes:
    """`data`, which is not empty, as one chunk of a response."""
    return b"%x\r\n%b\r\n" % (len(data), data)


def stream_chunk(kind: FrameFormat, block: bytes) -> bytes:
    """A block of events as a chunk of an event stream of `kind`. It is not compressed, because it is short."""
    return chunk(stored(block) if kind.deflated else block)


def notice(kind: FrameFormat, name: str, text: str, cursor: Cursor | None = None, retry: int | None = None) -> bytes:
    """A message that is no change, such as a heartbeat, for readers of `kind`. See `event` for the rest."""
    return text_frame(text) if kind.transport == "socket" else stream_chunk(kind, event(name, text, cursor, retry))


class Message:
    """One record, ready to be written to readers.

    `about` is the id of its post, or None if it concerns the blog itself. Of several messages with the same `about`,
    only the last matters. `blog` is the blog as of the record. `length` is the number of bytes of its post or blog as
    JSON: about that of the message in either form. `size` is the approximate memory, in bytes, once every form has been
    encoded.
    """

    __slots__ = (
        "_deflated",
        "_events",
        "_frames",
        "_markup",
        "_record",
        "about",
        "blog",
        "cursor",
        "length",
        "sequence",
        "size",
    )

    def __init__(self, record: Record, blog: Blog, epoch: str, markup: Markup) -> None:
        self.sequence = record.sequence
        self.cursor = Cursor(epoch, record.sequence)
        self.blog = blog
        self._record = record
        self._markup = markup
        self._frames: dict[FrameFormat, bytes] = {}
        self._events: dict[FrameFormat, bytes] = {}
        self._deflated: dict[FrameFormat, bytes] = {}
        match record.event:
            case PostChanged(post=state) | PostRemoved(tombstone=state):
                self.about: str | None = state.id
            case BlogChanged(blog=state):
                self.about = None
            case UnknownEvent():
                state = blog
                self.about = None
        # The post; its frame and its event (on the fast path, a chunk with the event) in two forms, each about as long
        # as the post; and the four of them deflated.
        # What readers with a `max_message` get instead is short.
        self.length = len(state.model_dump_json())
        self.size = 1_000 + 7 * self.length

    def frame(self, kind: FrameFormat) -> bytes:
        """The message in the format `kind`, encoded at the first call."""
        frame = self._frames.get(kind)
        if frame is None:
            if kind.transport == "sse":
                frame = self._chunk(kind)
            elif kind.max_message is not None:
                frame = self._frame_within(kind, kind.max_message)
            elif kind.deflated:
                frame = deflated_frame(self.frame(frame_format(kind.form)))
            else:
                frame = text_frame(wire.change(self._record, self.blog, self.cursor, kind.form, self._markup))
            self._frames[kind] = frame
        return frame

    def _frame_within(self, kind: FrameFormat, limit: int) -> bytes:
        """The frame that readers without a limit get, unless it is a post's and has more than `limit` bytes."""
        changed = self._record.event
        if not isinstance(changed, PostChanged) or payload_length(self.frame(frame_format(kind.form))) <= limit:
            return self.frame(frame_format(kind.form, deflated=kind.deflated))
        frame = text_frame(wire.large_post(changed, self.blog, self.cursor, kind.form, self._markup))
        return deflated_frame(frame) if kind.deflated else frame

    def _chunk(self, kind: FrameFormat) -> bytes:
        """The message as a chunk of an event stream, shared with readers without a limit if it is the same."""
        whole = frame_format(kind.form, deflated=kind.deflated, transport="sse")
        frame = self.frame(frame_format(kind.form, max_message=kind.max_message))
        if kind is not whole and frame is self.frame(frame_format(kind.form)):
            return self.frame(whole)
        block = event("change", payload(frame), self.cursor)
        return chunk(deflate(block) if kind.deflated else block)

    def event(self, kind: FrameFormat) -> bytes:
        """The Server-Sent Event with the same text, encoded at the first call. `kind` is without compression."""
        block = self._events.get(kind)
        if block is None:
            whole = frame_format(kind.form)
            if kind is not whole and self.frame(kind) is self.frame(whole):
                block = self.event(whole)
            else:
                block = event("change", payload(self.frame(kind)), self.cursor)
            self._events[kind] = block
        return block

    def deflated_event(self, kind: FrameFormat) -> bytes:
        """The Server-Sent Event as a piece of a gzip stream, compressed at the first call."""
        block = self._deflated.get(kind)
        if block is None:
            whole = frame_format(kind.form)
            if kind is not whole and self.frame(kind) is self.frame(whole):
                block = self.deflated_event(whole)
            else:
                block = deflate(self.event(kind))
            self._deflated[kind] = block
        return block


def _frame(head: int, payload: bytes) -> bytes:
    length = len(payload)
    if length < 126:
        return struct.pack("!BB", head, length) + payload
    if length < 65_536:
        return struct.pack("!BBH", head, 126, length) + payload
    return struct.pack("!BBQ", head, 127, length) + payload


def payload(frame: bytes) -> bytes:
    """The payload of an unmasked frame."""
    return frame[_head_length(frame) :]


def payload_length(frame: bytes) -> int:
    """How many bytes the payload of an unmasked frame has."""
    return len(frame) - _head_length(frame)


def _head_length(frame: bytes) -> int:
    return {126: 4, 127: 10}.get(frame[1], 2)


def contents(frames: bytes) -> tuple[str | int, ...]:
    """The contents of consecutive frames from `text_frame` or `close_frame`: the text of each, or its close code."""
    found: list[str | int] = []
    start = 0
    while start < len(frames):
        head, short = frames[start], frames[start + 1]
        begin = start + {126: 4, 127: 10}.get(short, 2)
        length = short if begin == start + 2 else int.from_bytes(frames[start + 2 : begin], "big")
        start = begin + length
        found.append(frames[begin:start].decode() if head == _TEXT else int.from_bytes(frames[begin:start], "big"))
    return tuple(found)
