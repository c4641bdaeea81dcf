"""How an event stream is encoded: as it is, or as gzip put together from pieces that all streams share.

A stream of gzip (RFC 1952) ends with a checksum of its plain bytes, which is the one thing that each stream has to keep
for itself; the compression is done once for all (hub/encoded_message.py).
"""

from __future__ import annotations

import zlib
from typing import Protocol

from stoppress.hub.encoded_message import GZIP_HEAD, Message, gzip_tail, stored
from stoppress.wire import Form


class Encoding(Protocol):
    """What one stream's bytes go through, in order."""

    name: str | None  # Content-Encoding

    def say(self, block: bytes) -> bytes:
        """Something that concerns this stream alone, or is short."""

    def tell(self, message: Message, form: Form) -> bytes:
        """A change."""

    def end(self) -> bytes:
        """What a complete stream ends with."""


class Identity:
    """The bytes as they are."""

    __slots__ = ()
    name: str | None = None

    def say(self, block: bytes) -> bytes:
        return block

    def tell(self, message: Message, form: Form) -> bytes:
        return message.event(form)

    def end(self) -> bytes:
        return b""


class Gzip:
    """One gzip stream."""

    __slots__ = ("_check", "_head", "_length")
    name: str | None = "gzip"

    def __init__(self) -> None:
        self._head = GZIP_HEAD
        self._check = 0
        self._length = 0

    def say(self, block: bytes) -> bytes:
        return self._count(block) + stored(block)

    def tell(self, message: Message, form: Form) -> bytes:
        return self._count(message.event(form)) + message.deflated_event(form)

    def end(self) -> bytes:
        return gzip_tail(self._check, self._length)

    def _count(self, plain: bytes) -> bytes:
        """Take note of plain bytes; what has to come before their encoded ones."""
        self._check = zlib.crc32(plain, self._check)
        self._length += len(plain)
        head, self._head = self._head, b""
        return head


def encoding(accepted: str) -> Encoding:
    """The one to use for a request with this Accept-Encoding (RFC 9110, 12.5.3)."""
    for part in accepted.lower().split(","):
        name, _, weight = part.partition(";")
        if name.strip() == "gzip" and weight.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000"):
            return Gzip()
    return Identity()
