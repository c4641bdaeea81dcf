"""A real server in a process of its own, as an operator starts it, and a proxy to it that can be cut."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx2

from waiting import PATIENCE, until

TOKEN = "test-token-of-the-end-to-end-tests"

# How a server is run: `stoppress serve` on the fast path or the ordinary one, or another ASGI server.
ASGI_SERVERS: dict[str, list[str]] = {
    "uvicorn": ["uvicorn", "--factory", "stoppress.asgi:create_app", "--port", "{port}", "--no-access-log"],
    "hypercorn": ["hypercorn", "stoppress.asgi:create_app()", "--bind", "127.0.0.1:{port}"],
    "granian": ["granian", "--interface", "asgi", "--factory", "stoppress.asgi:create_app", "--port", "{port}"],
}
KINDS = ("fast", "ordinary", *ASGI_SERVERS)
# The kind that every test uses unless it names one: `SERVED_BY=hypercorn pytest tests/e2e` (make test-asgi).
SERVED_BY = os.environ.get("SERVED_BY", "fast")


class Server:
    """Stop Press on a free port and a folder of its own. `start` may be called again after a kill.

    `kind` is one of KINDS.
    """

    def __init__(self, data: Path, kind: str = SERVED_BY, **settings: str) -> None:
        self.data = data
        self.kind = kind
        self.settings = settings
        self.process: subprocess.Popen[bytes] | None = None
        self.url = ""

    def start(self) -> None:
        """Return when it says that it is ready, and is."""
        port = re.sub(r".*:", "", self.url) or ("0" if self.kind in ("fast", "ordinary") else str(_free_port()))
        environment = {name: value for name, value in os.environ.items() if not name.startswith("STOPPRESS_")}
        environment |= {"STOPPRESS_DATA": str(self.data), "STOPPRESS_ADMIN_TOKEN": TOKEN, "STOPPRESS_PORT": port}
        environment["STOPPRESS_FAST_PATH"] = str(self.kind == "fast")
        command = [part.format(port=port) for part in ASGI_SERVERS.get(self.kind, ["stoppress", "serve"])]
        said = self.data / "server.out"
        with said.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", *command],
                env=environment | {f"STOPPRESS_{name.upper()}": value for name, value in self.settings.items()},
                stdout=output,
            )
        try:
            self._wait_until_ready(self.process, said, port)
        except BaseException:
            self.kill()
            raise

    def _wait_until_ready(self, process: subprocess.Popen[bytes], said: Path, port: str) -> None:
        def address() -> str | None:
            assert process.poll() is None, f"the server ended with {process.returncode}"
            if self.kind in ASGI_SERVERS:
                return f"http://127.0.0.1:{port}"
            welcome = re.search(r"(http://\S+)/docs", said.read_text())
            return welcome and welcome[1]

        until(address, "the server says where it is")
        self.url = address() or ""
        until(lambda: address() and httpx2.get(f"{self.url}/readyz").status_code == 200, "the server is ready")

    def kill(self) -> None:
        """SIGKILL: no last words, nothing flushed."""
        assert self.process
        # hypercorn and granian serve in a process of their own, which would outlive the first.
        workers = _children(self.process.pid) if self.kind in ASGI_SERVERS else []
        self.process.kill()
        self.process.wait(PATIENCE)
        for pid in workers:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def kill_all(self) -> None:
        """The same for the embedded store behind it."""
        pids = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit() and self._is_store(entry)]
        self.kill()
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
            until(lambda pid=pid: not Path(f"/proc/{pid}").exists(), "the store is gone")  # type: ignore[misc]

    def _is_store(self, process: Path) -> bool:
        try:
            return (process / "cwd").samefile(self.data / "valkey")
        except OSError:
            return False

    def stop(self) -> int:
        """SIGTERM; its exit status."""
        assert self.process
        self.process.terminate()
        return self.process.wait(PATIENCE)


def _children(pid: int) -> list[int]:
    """The processes that a process has started, but for stores."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            name, _, rest = (entry / "stat").read_text().partition(" (")[2].rpartition(")")
        except OSError:
            continue
        if int(rest.split()[1]) == pid and not name.startswith("valkey"):
            found.append(int(entry.name))
    return found


def _free_port() -> int:
    """A port that is free now. ASGI servers don't say in the same way which one they chose."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def running(data: Path, kind: str = SERVED_BY, **settings: str) -> Iterator[Server]:
    """A server that is started, and stopped at the end."""
    server = Server(data, kind, **settings)
    try:
        server.start()
        yield server
    finally:
        server.stop()


class EditorClient:
    """The newsroom's side: each call must succeed."""

    def __init__(self, url: str) -> None:
        self._http = httpx2.Client(base_url=url, headers={"Authorization": f"Bearer {TOKEN}"}, timeout=PATIENCE)

    def _do(self, method: str, path: str, content: dict[str, Any] | None = None) -> dict[str, Any]:
        response = self._http.request(method, path, json=content)
        assert response.is_success, response.text
        answer: dict[str, Any] = response.json() if response.content else {}
        return answer

    def blog(self, **fields: Any) -> dict[str, Any]:
        return self._do("POST", "/v1/blogs", fields)

    def change_blog(self, blog: str, **fields: Any) -> dict[str, Any]:
        return self._do("PATCH", f"/v1/blogs/{blog}", fields)

    def delete_blog(self, blog: str) -> None:
        self._do("DELETE", f"/v1/blogs/{blog}")

    def post(self, blog: str, **fields: Any) -> dict[str, Any]:
        return self._do("POST", f"/v1/blogs/{blog}/posts", fields)

    def batch(self, blog: str, posts: list[dict[str, Any]]) -> dict[str, Any]:
        return self._do("POST", f"/v1/blogs/{blog}/posts:batch", {"posts": posts})

    def edit(self, blog: str, post: str, **fields: Any) -> dict[str, Any]:
        return self._do("PATCH", f"/v1/blogs/{blog}/posts/{post}", fields)

    def delete(self, blog: str, post: str) -> dict[str, Any]:
        return self._do("DELETE", f"/v1/blogs/{blog}/posts/{post}")

    def get(self, path: str) -> dict[str, Any]:
        return self._do("GET", path)

    def close(self) -> None:
        self._http.close()


class CuttableProxy:
    """A TCP proxy in front of a server: `cut` ends every connection and takes no more until `mend`."""

    def __init__(self, url: str) -> None:
        host, _, port = url.removeprefix("http://").partition(":")
        self._target = (host, int(port))
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._whole = threading.Event()
        self._whole.set()
        self._lock = threading.Lock()
        self._ends: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            with self._lock:
                if not self._whole.is_set():
                    near.close()
                    continue
                try:
                    far = socket.create_connection(self._target)
                except OSError:
                    near.close()
                    continue
                self._ends += [near, far]
            for source, sink in ((near, far), (far, near)):
                threading.Thread(target=self._carry, args=(source, sink), daemon=True).start()

    def _carry(self, source: socket.socket, sink: socket.socket) -> None:
        try:
            while data := source.recv(65_536):
                self.pass_on(data, source, sink)
        except OSError:
            pass
        for end in (source, sink):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def pass_on(self, data: bytes, source: socket.socket, sink: socket.socket) -> None:
        sink.sendall(data)

    def cut(self) -> None:
        """Every connection ends now."""
        self._whole.clear()
        with self._lock:
            for end in self._ends:
                try:
                    end.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass
                end.close()
            self._ends.clear()

    def mend(self) -> None:
        """New connections get through."""
        self._whole.set()

    def close(self) -> None:
        self._listener.close()
        self.cut()
