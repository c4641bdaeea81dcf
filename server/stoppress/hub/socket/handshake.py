"""Parses a WebSocket handshake and builds its answer (RFC 6455, 4.2). No I/O.

Thousands of readers come back at once after a restart, and nearly all of them send the same few headers. So websockets'
result for those headers is cached, and only the key, the path and the cursor are read each time. Anything unusual (a
repeated header, an invalid key, anything that websockets rejects) is passed to websockets' ServerProtocol, which knows
every rule and every answer.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Sequence
from functools import lru_cache
from hashlib import sha1
from typing import NamedTuple

from websockets.datastructures import Headers
from websockets.exceptions import InvalidHandshake, NegotiationError
from websockets.extensions.base import Extension
from websockets.extensions.permessage_deflate import PerMessageDeflate, ServerPerMessageDeflateFactory
from websockets.http11 import Request
from websockets.server import ServerProtocol
from websockets.typing import ExtensionParameter, Subprotocol
from websockets.utils import GUID

from stoppress.host_header import is_host
from stoppress.hub.encoded_message import FrameFormat, frame_format
from stoppress.hub.socket.client_frames import websockets_log
from stoppress.wire import Form

_HEAD_MAX = 8_192  # bytes of a head that may go the short way
_TEXT = bytes({*range(256)} - {*range(32), 127}) + b"\t\r\n"  # all but control characters
_TOKEN = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_TARGET = re.compile(rb"/[!-~]*")
_BODY = frozenset((b"content-length", b"transfer-encoding", b"expect"))
_KEY = re.compile(rb"[A-Za-z0-9+/]{21}[AQgw]==")  # 16 bytes in base64
# Headers that many clients send with the same value. Their lines are kept as parsed, up to a number and a length.
_SHARED = {b"host", b"connection", b"upgrade", b"origin", b"user-agent", b"accept-encoding", b"cache-control"}
_SHARED |= {b"pragma", b"sec-websocket-version", b"sec-websocket-protocol", b"sec-websocket-extensions"}
_LINES: dict[bytes, tuple[bytes | None, bytes]] = {}
_LINES_MAX, _LINE_MAX = 1_024, 256
_GUID = GUID.encode()
_ANY_KEY = "dGhlIHNhbXBsZSBub25jZQ=="
_FORMS = [str(form) for form in Form]
_RESERVED = "stoppress.bearer."  # names that begin so carry tokens: never picked, never shown, never cached
_SHOWN, _NAMED = 80, 5  # characters of a name, and names, in an error


class SharedDeflate(ServerPerMessageDeflateFactory):
    """permessage-deflate for frames that are shared by many readers (RFC 7692, 7.1).

    Neither side takes over the context, and the client inflates with the full window. A client that asks for a smaller
    window gets no compression.
    """

    def __init__(self) -> None:
        super().__init__(server_no_context_takeover=True, client_no_context_takeover=True)

    def process_request_params(
        self, params: Sequence[ExtensionParameter], accepted_extensions: Sequence[Extension]
    ) -> tuple[list[ExtensionParameter], PerMessageDeflate]:
        """See websockets. Raises NegotiationError."""
        answer, agreed = super().process_request_params(params, accepted_extensions)
        if agreed.local_max_window_bits < 15:
            raise NegotiationError("frames are shared, and made for a window of 32 KiB")
        return answer, agreed


_EXTENSIONS = (SharedDeflate(),)


def protocol(*, compress: bool) -> ServerProtocol:
    """websockets' ServerProtocol, configured for this server."""
    return ServerProtocol(
        extensions=_EXTENSIONS if compress else None, select_subprotocol=_select, max_size=None, logger=websockets_log
    )


def agreed(handshake: ServerProtocol) -> FrameFormat:
    """The frame format that an accepted handshake negotiated."""
    return frame_format(Form(handshake.subprotocol or Form.JSON), deflated=bool(handshake.extensions))


class HandshakeRequest(NamedTuple):
    """A valid handshake: what it requests, and the answer that accepts it."""

    target: str  # path and query, as sent
    frame_format: FrameFormat
    answer: bytes
    origin: str | None
    host: str | None
    forwarded: Sequence[str]  # X-Forwarded-For
    authorization: str | None = None


def read_common_handshake(head: bytes, *, compress: bool) -> HandshakeRequest | None:
    """Parse a complete handshake in the form that clients commonly send. None if websockets has to parse it.

    It is strict, because nothing has parsed the bytes before: lines end in CRLF; each has a name, a colon and a value
    without control characters; no name is repeated; no line is folded; nothing follows the head, and there is no body.
    """
    if len(head) > _HEAD_MAX or not head.endswith(b"\r\n\r\n") or head.translate(None, _TEXT):
        return None
    if not head.count(b"\r\n") == head.count(b"\r") == head.count(b"\n"):
        return None
    first, *lines = head[:-4].split(b"\r\n")
    headers: dict[bytes | None, bytes] = {}
    for line in lines:
        name, value = _LINES.get(line) or _header(line)
        headers[name] = value
    request = first.split(b" ")
    key = headers.get(b"sec-websocket-key", b"")
    if len(headers) != len(lines) or None in headers or len(request) != 3 or not _KEY.fullmatch(key):
        return None
    method, target, version = request
    path = _target(target)
    if version != b"HTTP/1.1" or path is None or not _BODY.isdisjoint(headers):
        return None
    if b"host" not in headers or not is_host(headers[b"host"]):
        return None
    if _RESERVED.encode() in headers.get(b"sec-websocket-protocol", b""):
        return None
    agreement = _agreement(
        compress,
        method,
        headers.get(b"connection"),
        headers.get(b"upgrade"),
        headers.get(b"sec-websocket-version"),
        headers.get(b"sec-websocket-protocol"),
        headers.get(b"sec-websocket-extensions"),
    )
    if agreement is None:
        return None
    kind, rest = agreement
    origin, host, forwarded = headers.get(b"origin"), headers[b"host"], headers.get(b"x-forwarded-for")
    authorization = headers.get(b"authorization")
    return HandshakeRequest(
        path,
        kind,
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "
        + b64encode(sha1(key + _GUID, usedforsecurity=False).digest())
        + rest,
        None if origin is None else origin.decode("latin-1"),
        host.decode("latin-1"),
        () if forwarded is None else (forwarded.decode("latin-1"),),
        None if authorization is None else authorization.decode("latin-1"),
    )


@lru_cache(maxsize=256)
def _target(sent: bytes) -> str | None:
    """The path and query, if they consist of visible ASCII; else None."""
    return sent.decode("ascii") if _TARGET.fullmatch(sent) else None


def _header(line: bytes) -> tuple[bytes | None, bytes]:
    """The name of a header, in lower case, and its value. The name is None if it is no token (RFC 9110, 5.6.2)."""
    written, colon, value = line.partition(b":")
    name = _name(written) if colon else None
    header = name, value.strip(b" \t")
    if name in _SHARED and len(line) <= _LINE_MAX:
        if len(_LINES) >= _LINES_MAX:
            _LINES.clear()
        _LINES[line] = header
    return header


@lru_cache(maxsize=1_024)
def _name(written: bytes) -> bytes | None:
    return written.lower() if _TOKEN.fullmatch(written) else None


_NAMES = ("Connection", "Upgrade", "Sec-WebSocket-Version", "Sec-WebSocket-Protocol", "Sec-WebSocket-Extensions")


@lru_cache(maxsize=256)
def _agreement(compress: bool, method: bytes, *values: bytes | None) -> tuple[FrameFormat, bytes] | None:
    """What websockets negotiates for these headers: the frame format, and the end of the answer.

    None if it rejects them.
    """
    headers = Headers({"Sec-WebSocket-Key": _ANY_KEY})
    for name, value in zip(_NAMES, values, strict=True):
        if value is not None:
            headers[name] = value.decode("latin-1")
    handshake = protocol(compress=compress)
    try:
        _, extensions, subprotocol = handshake.process_request(Request("/", headers, method.decode("latin-1")))
    except InvalidHandshake:
        return None
    rest = "\r\n"
    if extensions is not None:
        rest += f"Sec-WebSocket-Extensions: {extensions}\r\n"
    if subprotocol is not None:
        rest += f"Sec-WebSocket-Protocol: {subprotocol}\r\n"
    return agreed(handshake), f"{rest}\r\n".encode("latin-1")


class UnknownSubprotocol(NegotiationError):
    """The client offers subprotocols, and none of them is known."""


def choose_form(offered: Sequence[str]) -> Form | None:
    """The first form that is offered. None, which means json, when nothing is offered but reserved names.

    Raises UnknownSubprotocol, which names what is offered. An answer without a subprotocol would leave the client to
    guess: browsers fail such a connection without a reason (RFC 6455, 4.1), others read a form they didn't ask for.
    """
    names = [name for name in offered if not name.startswith(_RESERVED)]
    if found := next((name for name in names if name in _FORMS), None):
        return Form(found)
    if names:
        shown = ", ".join(repr(name[:_SHOWN]) for name in names[:_NAMED]) + (" and more" if names[_NAMED:] else "")
        raise UnknownSubprotocol(f"expected one of {', '.join(_FORMS)}, but got {shown}")
    return None


def authorization_of(authorization: str | None, offered: Sequence[str]) -> str | None:
    """The value of `Authorization`, or the one that a subprotocol `stoppress.bearer.TOKEN` stands for.

    Browsers can't set headers on a WebSocket. None if there is neither.
    """
    if authorization is not None:
        return authorization
    token = next((name.removeprefix(_RESERVED) for name in offered if name.startswith(_RESERVED)), None)
    return None if token is None else f"Bearer {token}"


def _select(_: ServerProtocol, offered: Sequence[Subprotocol]) -> Subprotocol | None:
    form = choose_form(offered)
    return None if form is None else Subprotocol(form.value)
