"""Reads a request for a WebSocket, and admits or refuses it by the rules that all transports share.

Both ways of serving WebSockets use this: upgrade.py, which writes to the connection itself, and asgi_endpoint.py, which
leaves that to an ASGI server.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import NamedTuple

from stoppress.errors import Invalid, ParameterError
from stoppress.hub.admission import Admission
from stoppress.hub.encoded_message import FrameFormat
from stoppress.hub.encoded_message import frame_format as make_frame_format
from stoppress.hub.socket.handshake import UnknownSubprotocol
from stoppress.model import Cursor
from stoppress.query_parameters import CURSOR, MAX_MESSAGE, SOCKET, read_query

PATH = "/v1/blogs/{blog}/socket"


class Admitted(NamedTuple):
    """An admitted reader: where it resumes, the format of its frames, and the address with which to count it out."""

    cursor: Cursor | None
    frame_format: FrameFormat
    address: str | None


def admit(
    admission: Admission,
    *,
    query: str,
    frame_format: FrameFormat,
    origin: str | None,
    host: str | None,
    peer: Callable[[], str | None],
    forwarded: Sequence[str],
) -> Admitted:
    """Check a request, and count its reader in. Call `admission.leave` with its address once it has left.

    `query` is percent-encoded, `frame_format` is what the handshake negotiated, `peer` returns the address of the
    connection's other end, and `forwarded` are the X-Forwarded-For headers.

    Raises:
        Invalid: 400; the query is wrong.
        Forbidden, Misdirected, Unavailable: see Admission.admit.
    """
    cursor = None
    if query:
        cursor, limit = _wishes(query)
        if limit is not None:
            frame_format = make_frame_format(frame_format.form, deflated=frame_format.deflated, max_message=limit)
    address = admission.address(peer(), forwarded) if admission.by_address else None
    admission.admit(origin=origin, host=host, address=address)
    return Admitted(cursor, frame_format, address)


@lru_cache(maxsize=256)  # thousands come back with the same few
def _wishes(query: str) -> tuple[Cursor | None, int | None]:
    """The cursor and the largest message in a query, if any. Raises Invalid (400) if the query is wrong."""
    asked = read_query(query, SOCKET)
    return asked[CURSOR], asked[MAX_MESSAGE]


def wrong_subprotocol(error: UnknownSubprotocol) -> Invalid:
    """The error for a request that offers only unknown subprotocols."""
    name = "Sec-WebSocket-Protocol"
    return Invalid(f"{name}: {error}", [ParameterError(name, str(error))], status=400)


def refusal_headers(status: int) -> dict[str, str]:
    """The headers of a refused handshake, in addition to those of the problem."""
    headers = {}
    if status in (400, 426):
        headers["sec-websocket-version"] = "13"  # RFC 6455, 4.4
    if status == 426:
        headers["upgrade"] = "websocket"
        headers["connection"] = "upgrade, close"  # RFC 9110, 7.8
    if status == 405:
        headers["allow"] = "GET"
    return headers
