"""A proxy through which plain HTTP gets, and what it is told to keep back does not."""

from __future__ import annotations

import re
import socket
from typing import Literal

from .server import CuttableProxy

_REFUSAL = b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class FilteringProxy(CuttableProxy):
    """`keeps` says how each route of a blog (`socket`, `events`) fares: it is refused by the proxy, or let through and
    then never heard of again. The connections that stand stay as they are."""

    def __init__(self, url: str, **keeps: Literal["refuses", "swallows"]) -> None:
        self.keeps = keeps
        self.asked: list[str] = []
        self._deaf: set[socket.socket] = set()
        super().__init__(url)

    def pass_on(self, data: bytes, source: socket.socket, sink: socket.socket) -> None:
        route = re.match(rb"GET /v1/blogs/\w+/(\w+)", data)
        if route:
            name = route[1].decode()
            self.asked.append(name)
            match self.keeps.get(name):
                case "refuses":
                    source.sendall(_REFUSAL)
                    raise ConnectionError("refused")
                case "swallows":
                    self._deaf.add(source)
        if sink in self._deaf:
            data = data.partition(b"\r\n\r\n")[0] + b"\r\n\r\n" if data.startswith(b"HTTP/1.1") else b""
        sink.sendall(data)
