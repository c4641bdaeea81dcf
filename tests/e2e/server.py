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
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2

from waiting import PATIENCE, until

TOKEN = "test-token"


class Server:
    """`stoppress serve` on a free port and a folder of its own. `start` may be called again after a kill."""

    def __init__(self, data: Path, **settings: str) -> None:
        self.data = data
        self.settings = settings
        self.process: subprocess.Popen[bytes] | None = None
        self.url = ""

    def start(self) -> None:
        """Return when it says that it is ready, and is."""
        port = re.sub(r".*:", "", self.url) or "0"
        environment = {name: value for name, value in os.environ.items() if not name.startswith("STOPPRESS_")}
        environment |= {"STOPPRESS_DATA": str(self.data), "STOPPRESS_ADMIN_TOKEN": TOKEN, "STOPPRESS_PORT": port}
        said = self.data / "server.out"
        with said.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "stoppress", "serve"],
                env=environment | {f"STOPPRESS_{name.upper()}": value for name, value in self.settings.items()},
                stdout=output,
            )
        try:
            self._wait_until_ready(self.process, said)
        except BaseException:
            self.kill()
            raise

    def _wait_until_ready(self, process: subprocess.Popen[bytes], said: Path) -> None:
        def welcomed() -> re.Match[str] | None:
            assert process.poll() is None, f"the server ended with {process.returncode}"
            return re.search(r"(http://\S+)/docs", said.read_text())

        until(welcomed, "the server says where it is")
        welcome = welcomed()
        assert welcome
        self.url = welcome[1]
        until(lambda: httpx2.get(f"{self.url}/readyz").status_code == 200, "the server is ready")

    def kill(self) -> None:
        """SIGKILL: no last words, nothing flushed."""
        assert self.process
        self.process.kill()
        self.process.wait(PATIENCE)

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


@contextmanager
def running(data: Path, **settings: str) -> Iterator[Server]:
    """A server that is started, and stopped at the end."""
    server = Server(data, **settings)
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
