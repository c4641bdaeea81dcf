"""The port: who may share it, and what its connections inherit."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import closing

import pytest

from stoppress.errors import Unavailable
from stoppress.listener import listen, reserve, shares_port
from stoppress.settings import Settings


def settings_for(port: int, **more: object) -> Settings:
    return Settings.model_validate({"host": "127.0.0.1", "port": port, "redis_url": "redis://127.0.0.1", **more})


@pytest.fixture
def taken() -> Iterator[int]:
    """A port that another server listens on, alone."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        yield other.getsockname()[1]


@pytest.mark.parametrize(("workers", "share_port", "shared"), [(1, False, False), (2, False, True), (1, True, True)])
def test_workers_share_the_port_and_so_does_who_is_told_to(workers: int, share_port: bool, shared: bool) -> None:
    assert shares_port(settings_for(0, workers=workers, share_port=share_port)) is shared


def test_a_port_that_is_taken_is_named(taken: int) -> None:
    with pytest.raises(Unavailable, match=f"127.0.0.1:{taken}: Address already in use"):
        listen(settings_for(taken), silence=60)


def test_an_address_that_is_none_is_named() -> None:
    with pytest.raises(Unavailable, match=r"no\.such\.host\.invalid:80"):
        listen(settings_for(80, host="no.such.host.invalid"), silence=60)


def test_the_reserved_port_is_for_workers_to_listen_on() -> None:
    with closing(reserve(settings_for(0, workers=2))) as holder:
        port = holder.getsockname()[1]
        settings = settings_for(port, workers=2)
        with closing(listen(settings, silence=60)) as first, closing(listen(settings, silence=60)) as second:
            first.listen()
            second.listen()
            socket.create_connection(("127.0.0.1", port), timeout=5).close()
        with pytest.raises(ConnectionRefusedError):  # nobody listens: the holder itself takes no connection
            socket.create_connection(("127.0.0.1", port), timeout=5)


def test_a_port_that_another_server_shares_is_reserved_only_where_that_is_meant() -> None:
    with closing(listen(settings_for(0, share_port=True), silence=60)) as other:
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(Unavailable, match="Address already in use"):
            reserve(settings_for(port, workers=2))
        reserve(settings_for(port, workers=2, share_port=True)).close()


def test_connections_inherit_when_to_be_given_up_and_how_much_waits_in_the_kernel() -> None:
    with closing(listen(settings_for(0, write_buffer=70_000), silence=12.5)) as listener:
        listener.listen()
        with closing(socket.create_connection(listener.getsockname(), timeout=5)):
            accepted, _ = listener.accept()
            with closing(accepted):
                assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 12_500
                assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT) == 70_000
