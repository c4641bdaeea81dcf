"""Connections that never ask for anything can't take the place of those that do."""

from __future__ import annotations

import resource
import socket
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from e2e.server import EditorClient, running

pytestmark = pytest.mark.server

IDLE = 1_400
FILES = 1_024  # that the server may open: the limit of many systems


@pytest.fixture(autouse=True)
def room_for_clients() -> Iterator[None]:
    """This process may open as many files as it has idle clients."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = IDLE + 500
    if hard != resource.RLIM_INFINITY and hard < wanted:
        pytest.skip(f"the hard limit of open files is {hard}, and this needs {wanted}")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.parametrize("sent", [b"", b"GET / HTTP/1.1\r\nHost: "], ids=["nothing", "half a head"])
def test_idle_connections_leave_room_for_requests(tmp_path: Path, sent: bytes) -> None:
    with running(tmp_path, "fast", head_timeout="600") as server:
        assert server.process
        resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE, (FILES, FILES))
        port = int(server.url.rpartition(":")[2])
        idle = [socket.create_connection(("127.0.0.1", port)) for _ in range(IDLE)]
        try:
            for one in idle:
                one.sendall(sent)
            editor = EditorClient(server.url)
            editor.blog(id="quay", title="All quiet")
            editor.post("quay", title="Nobody says anything", body="<p>Still.</p>")
            editor.close()
            assert "Nobody says anything" in httpx2.get(f"{server.url}/blogs/quay", timeout=10).text
            metrics = httpx2.get(f"{server.url}/metrics", timeout=10).text
            assert 'stoppress_connections_closed_total{reason="full"}' in metrics
        finally:
            for one in idle:
                one.close()
