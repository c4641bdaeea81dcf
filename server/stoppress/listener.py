"""The port: which processes may share it, how it is bound, and which options its connections inherit.

Each worker binds the port itself with SO_REUSEPORT (socket(7)), so the kernel distributes new connections evenly, and
only over living workers. Linux lets any process of the same user join such a port. A server that should have the port
to itself, or only for its workers, therefore first checks that no other server uses it.
"""

from __future__ import annotations

import contextlib
import socket

from stoppress.errors import Unavailable
from stoppress.settings import Settings


def shares_port(settings: Settings) -> bool:
    """Whether other processes may listen on the same port: other workers, or a process that takes over."""
    return settings.workers > 1 or settings.share_port


def listen(settings: Settings, *, silence: float) -> socket.socket:
    """A socket for uvicorn to serve on. It is bound, but not yet listening.

    A connection ends when its peer has acknowledged nothing for `silence` seconds. Raises Unavailable.
    """
    listener = _bind(settings, shared=shares_port(settings))
    _let_inherit(listener, silence=silence, unsent=settings.write_buffer)
    return listener


def reserve(settings: Settings) -> socket.socket:
    """A socket that reserves the port for the workers.

    It is bound and never listens, so the kernel gives it no connections.

    If `settings.port` is 0, the socket's name shows which port the kernel chose.

    Raises:
        Unavailable: the port can't be bound, or another server has it and `share_port` is off.
    """
    if settings.port and not settings.share_port:
        # Check that the port is free without SO_REUSEPORT. Otherwise two servers could share it by mistake.
        _bind(settings, shared=False).close()
    return _bind(settings, shared=True)


def _bind(settings: Settings, *, shared: bool) -> socket.socket:
    try:
        family, kind, _, _, address = socket.getaddrinfo(
            settings.host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        bound = socket.socket(family, kind)
        try:
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if shared:
                bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            bound.bind(address)
        except BaseException:
            bound.close()
            raise
    except OSError as error:
        raise Unavailable(f"can't listen on {settings.host}:{settings.port}: {error.strerror or error}") from error
    return bound


def _let_inherit(listener: socket.socket, *, silence: float, unsent: int) -> None:
    """Set options that the connections of `listener` inherit, where the kernel supports them.

    A connection ends when its peer has acknowledged nothing for `silence` seconds (RFC 5482). For a peer that reads
    nothing, the kernel buffers `unsent` bytes and those in flight, not megabytes; the throughput stays the same.
    """
    if listener.family not in (socket.AF_INET, socket.AF_INET6):
        return
    for name, value in (("TCP_USER_TIMEOUT", int(silence * 1000)), ("TCP_NOTSENT_LOWAT", unsent)):
        option = getattr(socket, name, None)
        if option is not None:
            with contextlib.suppress(OSError):
                listener.setsockopt(socket.IPPROTO_TCP, option, value)
