"""The servers that are measured side by side: how each is started, published to, and which process does its work."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).parent
TICK = os.sysconf("SC_CLK_TCK")


@dataclass
class Server:
    """One that runs. `pid` is the process whose CPU and memory count."""

    name: str
    port: int
    pid: int
    path: str
    headers: list[str] = field(default_factory=list)
    environment: dict[str, str] = field(default_factory=dict)
    token: str = ""

    def publish(self, size: int) -> float:
        """One message that is `size` bytes as readers get it; when it was handed over, by the monotonic clock."""
        if self.token:
            return self._publish_post(size)
        body = text(size)
        request = f"POST /publish HTTP/1.1\r\nHost: here\r\nConnection: close\r\nContent-Length: {size}\r\n\r\n{body}"
        with socket.create_connection(("127.0.0.1", self.port), 60) as connection:
            since = time.monotonic()
            connection.sendall(request.encode())  # in one piece: the floor reads once
            connection.recv(4_096)
        return since

    def _publish_post(self, size: int) -> float:
        # What stands around a post's body in its message.
        body = {"body": f"<p>{text(max(40, size - 604))}</p>"}
        since = time.monotonic()
        self._post("/v1/blogs/bench/posts", json.dumps(body).encode(), {"Authorization": f"Bearer {self.token}"})
        return since

    def _post(self, path: str, body: bytes, headers: dict[str, str]) -> dict[str, object]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request("POST", path, body, {"Content-Type": "application/json"} | headers)
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        if answer.status >= 300:
            raise RuntimeError(f"{self.name} answered {answer.status}: {content[:300]!r}")
        with contextlib.suppress(ValueError):
            return dict(json.loads(content))
        return {}

    def metrics(self) -> dict[str, float]:
        """What Stop Press counts."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request("GET", "/metrics")
        lines = connection.getresponse().read().decode().splitlines()
        connection.close()
        return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines if line[:1] != "#")}

    def stops(self) -> list[tuple[float, float]]:
        """How often the loop had let others wait, by bounds of a histogram's buckets in seconds; empty if not told."""
        if not self.token:
            return []
        name = "stoppress_loop_delay_seconds_bucket"
        found = sorted((float(key.split('"')[1]), n) for key, n in self.metrics().items() if key.startswith(name))
        return [(bound, n - below) for (bound, n), (_, below) in zip(found, [(0.0, 0.0), *found], strict=False)]

    def cpu(self) -> tuple[float, float]:
        """Seconds of CPU so far: all, to the nanosecond, and those in user space, in ticks."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()
        threads = Path(f"/proc/{self.pid}/task").iterdir()
        exact = sum(int((thread / "schedstat").read_text().split()[0]) for thread in threads) / 1e9
        return exact, int(fields[11]) / TICK

    def memory(self) -> int:
        """Bytes of resident memory."""
        return int(Path(f"/proc/{self.pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


_WORDS = (
    "The second boat rounds the northern mark with a lead of forty metres while the wind turns east and the crews "
    "change sails; on the pier some two thousand people watch, and the committee confirms that protest number nine "
    "will be heard tonight. Repairs to the lock gate have begun, the ferry runs every quarter of an hour, and whoever "
    "came by train finds the shuttle at exit three. Temperatures fall to eleven degrees by the evening. "
    "Kestrel, Magpie and Heron share the points of the first race; Plover was late at the start and sails on under "
    "protest. The harbour master asks everybody to keep the eastern stairs free, because the rescue boats lie there. "
    "A child lost near the bandstand is with her parents again. In the quarter final of the rowing eights the home "
    "crew held off a fierce spurt by 0.3 seconds, said their coach, who had not slept. Tickets for the gala are sold "
    "out. The lake stands seven centimetres above its long-term mean, which nobody minds but the swans. "
)


def text(size: int) -> str:
    """English of so many bytes."""
    return (_WORDS * (size // len(_WORDS) + 1))[:size]


def _listening(port: int, process: subprocess.Popen[bytes] | subprocess.Popen[str]) -> None:
    for _ in range(600):
        if process.poll() is not None:
            raise RuntimeError(f"{process.args!r} ended with {process.returncode}")
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    raise RuntimeError(f"{process.args!r} does not listen")


@contextlib.contextmanager
def _running(command: list[str], port: int, **more: object) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(command, **more)  # type: ignore[call-overload]
    try:
        _listening(port, process)
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def build(program: str, folder: Path) -> str:
    """Compile one of the C programs here."""
    target = folder / program
    subprocess.run(["cc", "-O2", "-Wall", "-o", str(target), str(HERE / f"{program}.c")], check=True)
    return str(target)


@contextlib.contextmanager
def floor(port: int, folder: Path) -> Iterator[Server]:
    """A loop over write(), in C."""
    with _running([build("floor", folder), str(port)], port) as process:
        yield Server("C, a loop over write()", port, process.pid, "/socket")


@contextlib.contextmanager
def nchan(port: int, folder: Path) -> Iterator[Server]:
    """Debian's nginx with its nchan module, one worker."""
    place = folder / "nchan"
    place.mkdir()
    place.chmod(0o777)
    folder.chmod(0o755)
    config = (HERE / "nchan.conf").read_text().replace("PREFIX", str(place)).replace("PORT", str(port))
    (place / "nginx.conf").write_text(config)
    modules = Path("/usr/lib/nginx")
    command = ["/usr/sbin/nginx", "-p", str(modules), "-c", str(place / "nginx.conf"), "-e", str(place / "error.log")]
    with _running(command, port) as process:
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        yield Server("nchan", port, int(children[0]), "/socket")


@contextlib.contextmanager
def node(kind: str, port: int, folder: Path) -> Iterator[Server]:
    """A peer of Node's."""
    with _running(["node", str(HERE / "peer.cjs"), kind, str(port)], port) as process:
        if kind == "ws":
            yield Server("Node ws", port, process.pid, "/")
        else:
            yield Server(
                "Socket.IO", port, process.pid, "/socket.io/?EIO=4&transport=websocket", environment={"SOCKETIO": "1"}
            )


@contextlib.contextmanager
def stoppress(
    port: int,
    folder: Path,
    *,
    compressed: bool = False,
    streams: bool = False,
    checkout: Path | None = None,
    **settings: str,
) -> Iterator[Server]:
    """This checkout's server, or another `checkout`'s, whose .venv is set up: one process, with its embedded store
    beside it. With `streams`, its readers use event streams instead of WebSockets."""
    chosen = {
        "PORT": str(port),
        "DATA": str(folder / f"stoppress-{port}"),
        "ADMIN_TOKEN": "bench-token-bench-token-bench-token",
        "READERS_MAX": "19000",
        "HANDSHAKES_PER_SECOND": "0",
        "LOG_LEVEL": "warning",
        "HEARTBEAT": "300",
    } | {name.upper(): value for name, value in settings.items()}
    environment = {name: value for name, value in os.environ.items() if not name.startswith("STOPPRESS_")}
    environment |= {f"STOPPRESS_{name}": value for name, value in chosen.items()}
    programs = checkout.resolve() / ".venv" / "bin" if checkout else Path(sys.executable).parent
    command = [str(programs / "stoppress"), "serve"]
    with _running(command, port, env=environment, stdout=subprocess.DEVNULL) as process:
        server = Server("Stop Press", port, process.pid, "", token=chosen["ADMIN_TOKEN"])
        server._post(
            "/v1/blogs",
            json.dumps({"id": "bench", "title": "Lake regatta"}).encode(),
            {"Authorization": f"Bearer {server.token}"},
        )
        server.publish(600)
        connection = http.client.HTTPConnection("127.0.0.1", port)
        connection.request("GET", "/v1/blogs/bench/stats")
        cursor = json.loads(connection.getresponse().read())["cursor"]
        connection.close()
        server.path = f"/v1/blogs/bench/socket?cursor={cursor}"
        if checkout:
            server.name = "Stop Press, before"
        if settings.get("fast_path") == "0":
            server.name = "Stop Press, ordinary path"
        if compressed:
            server.name = "Stop Press, compressed"
            server.headers.append("Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits")
        if streams:
            server.name += ", streams"
            server.path = server.path.replace("/socket?", "/events?")
            server.environment["EVENTS"] = "1"
            server.headers[:] = ["Accept-Encoding: gzip"] if compressed else []
        yield server
