"""What all connections of the fast path have in common: how they fill, drain, and end."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from hub.doubles import ChannelScene, RecordingHost
from hub.history import HistoryInMemory
from stoppress.hub.connection import ReaderConnection
from stoppress.hub.encoded_message import Transport, frame_format
from stoppress.hub.reader import Reader
from stoppress.hub.subscriber import State
from stoppress.wire import Form


class Socket(asyncio.Transport):
    """A transport that notes what it is told."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.closing = False

    def write(self, data: Any) -> None:
        self.calls.append("write")

    def pause_reading(self) -> None:
        self.calls.append("pause_reading")

    def resume_reading(self) -> None:
        self.calls.append("resume_reading")

    def is_closing(self) -> bool:
        return self.closing


class CountingHost(RecordingHost):
    """It also notes who left."""

    def __init__(self) -> None:
        super().__init__()
        self.left: list[str | None] = []

    def leave(self, address: str | None) -> None:
        self.left.append(address)

    def spend(self, client: Reader, frames: int, size: int) -> bool:
        return True


def a_connection(transport: Transport) -> tuple[ReaderConnection, Socket, CountingHost, ChannelScene]:
    scene, socket, host = ChannelScene(HistoryInMemory()), Socket(), CountingHost()
    connection = ReaderConnection(
        scene.channel, frame_format(Form.JSON, transport=transport), socket, host, "192.0.2.1"
    )
    connection.start(None)
    return connection, socket, host, scene


@pytest.mark.parametrize("transport", ["socket", "sse"])
def test_a_full_socket_is_neither_written_to_nor_read_from_until_it_drains(transport: Transport) -> None:
    connection, socket, host, scene = a_connection(transport)
    connection.pause_writing()
    scene.history.publish("a", "b")
    scene.follow()
    assert socket.calls == ["write", "pause_reading"]
    assert host.expected == {connection}
    connection.resume_writing()
    assert socket.calls[2:] == ["resume_reading", "write"]
    assert (connection.state, host.expected) == (State.LIVE, set())


def test_a_socket_that_drains_because_it_closes_is_left_alone() -> None:
    connection, socket, _, _ = a_connection("sse")
    connection.pause_writing()
    socket.closing = True
    connection.resume_writing()
    assert socket.calls == ["write", "pause_reading"]


def test_a_lost_connection_is_counted_out_once_with_its_address() -> None:
    connection, _, host, scene = a_connection("sse")
    assert scene.channel.readers == 1
    connection.connection_lost(None)
    assert (connection.state, scene.channel.readers, host.left) == (State.CLOSED, 0, ["192.0.2.1"])
