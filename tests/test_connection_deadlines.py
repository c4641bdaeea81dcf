"""When connections without a complete request are closed, by a clock that the test turns."""

from __future__ import annotations

import asyncio
from typing import cast

import pytest

from stoppress.connection_deadlines import ConnectionDeadlines, Waiting
from stoppress.metrics import Metrics
from stoppress.settings import Settings


class Connection:
    """A transport that is its own protocol."""

    def __init__(self, unsent: int = 0) -> None:
        self.unsent = unsent
        self.closed: str | None = None
        self.body: int | None = 0

    @property
    def transport(self) -> asyncio.Transport:
        return cast(asyncio.Transport, self)

    def get_protocol(self) -> Connection:
        return self

    def get_write_buffer_size(self) -> int:
        return self.unsent

    def close(self) -> None:
        self.closed = "closed"

    def abort(self) -> None:
        self.closed = "aborted"

    def close_overdue(self, waiting: Waiting) -> None:
        self.closed = waiting

    def body_received(self) -> int | None:
        return self.body


class Scene:
    """The deadlines of a server with a limit of `most` connections, and its clock."""

    def __init__(self, most: int = 800) -> None:
        settings = Settings(head_timeout=10, body_timeout=10, body_rate=500, keep_alive=5, waiting_connections=most)
        self.now = 0.0
        self.metrics = Metrics()
        self.deadlines = ConnectionDeadlines(settings, self.metrics, lambda: self.now)

    def connection(self, waiting: Waiting, unsent: int = 0) -> Connection:
        connection = Connection(unsent)
        self.deadlines.enter(connection.transport, waiting)
        return connection

    def at(self, now: float) -> None:
        self.now = now
        while self.deadlines.sweep():
            pass

    def closed(self, reason: str) -> float:
        labels = {"reason": reason}
        return self.metrics.registry.get_sample_value("stoppress_connections_closed_total", labels) or 0.0


@pytest.mark.parametrize(("waiting", "seconds"), [(Waiting.HEAD, 10), (Waiting.BODY, 10), (Waiting.IDLE, 5)])
def test_each_state_has_its_deadline(waiting: Waiting, seconds: float) -> None:
    scene = Scene()
    connection = scene.connection(waiting)
    assert scene.metrics.registry.get_sample_value("stoppress_connections_waiting", {"for": waiting}) == 1
    scene.at(seconds - 0.01)
    assert connection.closed is None
    scene.at(seconds)
    assert connection.closed == waiting.value
    assert (scene.closed(waiting), len(scene.deadlines)) == (1, 0)


def test_bytes_now_and_then_do_not_move_the_deadline_of_a_head() -> None:
    scene = Scene()
    connection = scene.connection(Waiting.HEAD)
    for now in range(1, 10):
        scene.at(now)
        scene.deadlines.enter(connection.transport, Waiting.HEAD)
    scene.at(10)
    assert connection.closed == "head"


def test_a_complete_request_has_no_deadline_and_the_next_one_a_new_one() -> None:
    scene = Scene()
    connection = scene.connection(Waiting.HEAD)
    scene.deadlines.leave(connection.transport)
    scene.at(100)
    assert (connection.closed, len(scene.deadlines)) == (None, 0)
    scene.deadlines.enter(connection.transport, Waiting.IDLE)
    scene.at(104)
    scene.deadlines.enter(connection.transport, Waiting.HEAD)
    scene.at(113)
    assert connection.closed is None
    scene.at(114)
    assert connection.closed == "head"


def test_a_body_may_take_as_long_as_it_comes_fast_enough() -> None:
    scene = Scene()
    connection = scene.connection(Waiting.BODY)
    for received in (5_000, 20_000, None):  # None: the server did not read
        connection.body = received
        scene.at(scene.now + 10)
        assert connection.closed is None
    connection.body = 4_999
    scene.at(scene.now + 9)
    assert connection.closed is None
    scene.at(scene.now + 1)
    assert connection.closed == "body"


def test_beyond_the_limit_the_one_that_waited_longest_is_closed() -> None:
    scene = Scene(most=10)
    upload = scene.connection(Waiting.BODY)
    scene.now = 1
    head = scene.connection(Waiting.HEAD)
    scene.now = 2
    idle = scene.connection(Waiting.IDLE, unsent=1_000)
    scene.now = 3
    others = [scene.connection(Waiting.HEAD) for _ in range(8)]
    assert (upload.closed, head.closed, idle.closed) == (None, "closed", None)
    scene.connection(Waiting.HEAD)
    assert (upload.closed, idle.closed) == (None, "aborted")
    assert [one.closed for one in others] == [None] * 8
    assert (len(scene.deadlines), scene.closed("full")) == (10, 2)


def test_where_all_send_bodies_the_oldest_gives_way() -> None:
    scene = Scene(most=10)
    uploads = [scene.connection(Waiting.BODY) for _ in range(11)]
    assert [one.closed for one in uploads] == ["closed"] + [None] * 10


def test_a_sweep_closes_a_few_at_a_time() -> None:
    scene = Scene()
    connections = [scene.connection(Waiting.HEAD) for _ in range(120)]
    scene.now = 10
    sweeps = 1
    while scene.deadlines.sweep():
        sweeps += 1
    assert sweeps > 2
    assert all(one.closed == "head" for one in connections)
