"""A shelf keeps what it is given: in a folder, and in a bucket that speaks S3."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from stoppress.errors import Unavailable
from stoppress.media.shelf import Bucket, Folder, open_shelf

pytestmark = pytest.mark.anyio

NAME = "0" * 32 + "-1-320.jpg"


class S3(ThreadingHTTPServer):
    """As much of S3 as a shelf needs: objects by path, and only for who signs."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        super().__init__(("127.0.0.1", 0), _Request)


class _Request(BaseHTTPRequestHandler):
    server: S3

    def _answer(self, status: int, content: bytes = b"") -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("ETag", '"1"')
        self.send_header("Last-Modified", "Sun, 04 May 2031 12:00:00 GMT")
        self.end_headers()
        self.wfile.write(content)

    def do_PUT(self) -> None:
        content = self.rfile.read(int(self.headers["Content-Length"]))
        if "AWS4-HMAC-SHA256" not in self.headers.get("Authorization", ""):
            return self._answer(403)
        self.server.objects[self.path] = content
        return self._answer(200)

    def do_GET(self) -> None:
        found = self.server.objects.get(self.path)
        return self._answer(404) if found is None else self._answer(200, found)

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[S3]:
    server = S3()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    for name, value in {
        "AWS_ENDPOINT": f"http://127.0.0.1:{server.server_port}",
        "AWS_ALLOW_HTTP": "true",
        "AWS_REGION": "eu-west-1",
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "secret",
    }.items():
        monkeypatch.setenv(name, value)
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def files(folder: Path) -> list[str]:
    return [path.name for path in folder.rglob("*") if path.is_file()]


async def test_a_folder_keeps_it(tmp_path: Path) -> None:
    shelf = open_shelf(None, tmp_path)
    assert isinstance(shelf, Folder)
    assert await shelf.get(NAME) is None
    await shelf.put(NAME, b"picture")
    await shelf.put(NAME, b"picture")
    assert await shelf.get(NAME) == b"picture"
    assert files(tmp_path) == [NAME]


async def test_a_folder_that_can_t_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Unavailable):
        await Folder(tmp_path / "file").put(NAME, b"picture")


async def test_a_bucket_keeps_it_signed(s3: S3) -> None:
    shelf = open_shelf("s3://newsroom/pictures", Path("unused"))
    assert isinstance(shelf, Bucket)
    assert await shelf.get(NAME) is None
    await shelf.put(NAME, b"picture")
    assert await shelf.get(NAME) == b"picture"
    assert list(s3.objects) == [f"/newsroom/pictures/{NAME}"]
