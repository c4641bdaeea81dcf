"""The port: who may share it, how it is bound, and what its connections inherit.

Each worker binds the port itself with SO_REUSEPORT (socket(7)), so that the kernel deals new connections evenly and to
living workers alone. Linux lets every process of the same user join such a port; therefore a server that has a port of
its own, or that has it for its workers, first sees that nobody else has it.
"""

from __future__ import annotations

import contextlib
import socket

from stoppress.errors import Unavailable
from stoppress.settings import Settings


def shares_port(settings: Settings) -> bool:
    """Whether others may listen on the same port: workers of one server, or what takes over from this process."""
    return settings.workers > 1 or settings.share_port


def listen(settings: Settings, *, silence: float) -> socket.socket:
    """A socket for uvicorn to serve on: bound, and not yet listening. Its connections are given up when the peer has
    acknowledged nothing for `silence` seconds. Raises Unavailable."""
    listener = _bind(settings, shared=shares_port(settings))
    _let_inherit(listener, silence=silence, unsent=settings.write_buffer)
    return listener


def reserve(settings: Settings) -> socket.socket:
    """A socket that holds the port for the workers: bound, and never listened on, so the kernel gives it no connection.
    Its name says which port it is where `settings.port` is 0.

    Raises Unavailable, also when another server has the port and `share_port` is off.
    """
    if settings.port and not settings.share_port:
        # Would the port be free without SO_REUSEPORT? Else two servers would share it by mistake.
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
    """Set what the connections that `listener` accepts inherit, where the kernel knows it; where not, so be it.

    A peer that has acknowledged nothing for `silence` seconds is given up (RFC 5482). For one that reads nothing the
    kernel keeps `unsent` bytes and what is on its way, not megabytes; the throughput stays.
    """
    if listener.family not in (socket.AF_INET, socket.AF_INET6):
        return
    for name, value in (("TCP_USER_TIMEOUT", int(silence * 1000)), ("TCP_NOTSENT_LOWAT", unsent)):
        option = getattr(socket, name, None)
        if option is not None:
            with contextlib.suppress(OSError):
                listener.setsockopt(socket.IPPROTO_TCP, option, value)
