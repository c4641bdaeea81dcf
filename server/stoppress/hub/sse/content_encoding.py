"""The content encoding of an event stream: none, or gzip made of pieces that all streams share.

A gzip stream (RFC 1952) ends with a checksum of its uncompressed bytes. Each stream computes only this checksum itself;
a message is compressed once for all streams (hub/encoded_message.py).
"""

from __future__ import annotations

import zlib
from typing import Protocol

from stoppress.hub.encoded_message import GZIP_HEAD, FrameFormat, Message, gzip_tail, stored


class Encoding(Protocol):
    """Encodes the bytes of one stream, in order."""

    name: str | None  # Content-Encoding
    deflated: bool

    def encode_block(self, block: bytes) -> bytes:
        """Encode a block that is short, or that this stream alone sends."""

    def encode_message(self, message: Message, kind: FrameFormat) -> bytes:
        """Encode a change, which many streams share."""

    def end(self) -> bytes:
        """The last bytes of a complete stream."""


class Identity:
    """No encoding: the bytes as they are."""

    __slots__ = ()
    name: str | None = None
    deflated = False

    def encode_block(self, block: bytes) -> bytes:
        return block

    def encode_message(self, message: Message, kind: FrameFormat) -> bytes:
        return message.event(kind)

    def end(self) -> bytes:
        return b""


class Gzip:
    """One gzip stream."""

    __slots__ = ("_check", "_head", "_length")
    name: str | None = "gzip"
    deflated = True

    def __init__(self) -> None:
        self._head = GZIP_HEAD
        self._check = 0
        self._length = 0

    def encode_block(self, block: bytes) -> bytes:
        return self._count(block) + stored(block)

    def encode_message(self, message: Message, kind: FrameFormat) -> bytes:
        return self._count(message.event(kind)) + message.deflated_event(kind)

    def end(self) -> bytes:
        return gzip_tail(self._check, self._length)

    def _count(self, plain: bytes) -> bytes:
        """Update checksum and length with uncompressed bytes.

        Returns what must precede their encoding: the gzip header, once.
        """
        self._check = zlib.crc32(plain, self._check)
        self._length += len(plain)
        head, self._head = self._head, b""
        return head


def encoding(accepted: str) -> Encoding:
    """The encoding for a request with this Accept-Encoding header (RFC 9110, 12.5.3)."""
    for part in accepted.lower().split(","):
        name, _, weight = part.partition(";")
        if name.strip() == "gzip" and weight.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000"):
            return Gzip()
    return Identity()
