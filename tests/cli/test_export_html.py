"""What `stoppress export --html` takes of pictures, wherever they are, and what it leaves behind when it fails."""

from __future__ import annotations

import contextlib
import ssl
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from werkzeug.serving import make_ssl_devcert

from e2e.server import TOKEN, EditorClient, Server, running
from stoppress.cli.export_html import HtmlExport
from stoppress.errors import NotFound, StopPressError

pytestmark = [pytest.mark.anyio, pytest.mark.server]

LIMIT = 5_000  # bytes of a picture, here


class Elsewhere:
    """A picture agency's server: it answers by path, and keeps the headers that it was asked with.

    It speaks TLS with `certificate` and its `key`, the names of two files.
    """

    def __init__(self, certificate: str, key: str) -> None:
        self.asked: dict[str, dict[str, str]] = {}
        self.hold = threading.Event()  # until it is set, /slow.jpg goes no further than its first byte
        agency = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                agency.asked[self.path] = {name.lower(): value for name, value in self.headers.items()}
                agency.answers.get(self.path, agency.missing)(self)

            def log_message(self, format: str, *args: object) -> None:
                """Not a word on standard error."""

        self.answers: dict[str, Callable[[BaseHTTPRequestHandler], None]] = {
            "/boat.jpg": lambda to: say(to, "image/jpeg", b"boat"),
            "/same-boat": lambda to: say(to, "IMAGE/JPEG; q=1", b"boat"),
            "/moved.webp": lambda to: say(to, "text/plain", b"", 302, Location="/pier.webp"),
            "/pier.webp": lambda to: say(to, "image/webp", b"pier"),
            "/page": lambda to: say(to, "text/html", b"<script>alert(1)</script>"),
            "/untyped": lambda to: say(to, "", b"?"),
            "/just.png": lambda to: say(to, "image/png", b"." * LIMIT),
            "/huge.png": lambda to: say(to, "image/png", b"." * (LIMIT + 1)),
            "/slow.jpg": self.slow,
        }
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self.url = f"https://localhost:{self._server.server_port}"

    def missing(self, to: BaseHTTPRequestHandler) -> None:
        say(to, "image/png", b"not found", 404)

    def slow(self, to: BaseHTTPRequestHandler) -> None:
        to.send_response(200)
        to.send_header("Content-Type", "image/jpeg")
        to.send_header("Content-Length", "2")
        to.end_headers()
        to.wfile.write(b"s")
        self.hold.wait(60)

    @contextlib.contextmanager
    def open(self) -> Iterator[Elsewhere]:
        """It listens, and is closed at the end."""
        thread = threading.Thread(target=self._server.serve_forever)
        thread.start()
        try:
            yield self
        finally:
            self.hold.set()
            self._server.shutdown()
            self._server.server_close()
            thread.join()


def say(to: BaseHTTPRequestHandler, kind: str, content: bytes, status: int = 200, **headers: str) -> None:
    to.send_response(status)
    for name, value in ({"Content-Type": kind, "Content-Length": str(len(content))} | headers).items():
        if value:
            to.send_header(name, value)
    to.end_headers()
    to.wfile.write(content)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running(tmp_path_factory.mktemp("data")) as server:
        yield server


@pytest.fixture
def editor(server: Server) -> Iterator[EditorClient]:
    with contextlib.closing(EditorClient(server.url)) as editor:
        yield editor


@pytest.fixture
def elsewhere(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[Elsewhere]:
    certificate, key = make_ssl_devcert(str(tmp_path_factory.mktemp("tls") / "localhost"), host="localhost")
    monkeypatch.setenv("SSL_CERT_FILE", certificate)
    with Elsewhere(certificate, key).open() as elsewhere:
        yield elsewhere


def image(url: str, **more: object) -> dict[str, object]:
    return {"type": "image", "url": url, "alt": "A view", "width": 900, "height": 600} | more


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def archiving(server: Server, blog: str, *, timeout: float = 30, limit: int = LIMIT) -> HtmlExport:
    return HtmlExport(server.url, TOKEN, blog, picture_timeout=timeout, picture_bytes=limit)


async def test_pictures_kept_elsewhere_come_along_once_each_and_without_the_token(
    server: Server, editor: EditorClient, elsewhere: Elsewhere, tmp_path: Path
) -> None:
    editor.blog(id="boats", title="Boats")
    boat, same, moved = (f"{elsewhere.url}/{name}" for name in ("boat.jpg", "same-boat", "moved.webp"))
    thumbnail = f"{elsewhere.url}/pier.webp"
    editor.post("boats", id="a", media=[image(boat), image(same, srcset=f"{elsewhere.url}/wide.jpg 1600w")])
    editor.post("boats", id="b", body=f'<p>Look: <img src="{moved}" alt="A pier"> and <img src="{boat}" alt="It"></p>')
    card = {"type": "embed", "url": "https://www.youtube.com/watch?v=qXk8dNsUcv0", "title": "Film"}
    editor.post("boats", id="c", media=[card | {"thumbnail": thumbnail}])

    said = await archiving(server, "boats").write(tmp_path / "boats")

    assert said == [f"3 posts and 3 pictures are in {tmp_path / 'boats'}; open {tmp_path / 'boats' / 'index.html'}"]
    kept = {path.read_bytes(): f"media/{path.name}" for path in (tmp_path / "boats" / "media").iterdir()}
    assert set(kept) == {b"boat", b"pier"}  # two addresses of one content are one file
    assert {Path(name).suffix for name in kept.values()} == {".jpg", ".webp"}
    for page in ("index.html", "oldest.html"):
        text = (tmp_path / "boats" / page).read_text()
        assert text.count(f'src="{kept[b"boat"]}"') == 3
        assert f'<img src="{kept[b"pier"]}" alt="A pier"' in text
        assert "srcset" not in text
    assert set(elsewhere.asked) == {"/boat.jpg", "/same-boat", "/moved.webp", "/pier.webp"}
    assert not any("authorization" in headers for headers in elsewhere.asked.values())


async def test_a_picture_that_can_not_be_had_is_a_link_and_is_named_with_the_reason(
    server: Server, editor: EditorClient, elsewhere: Elsewhere, tmp_path: Path
) -> None:
    editor.blog(id="lost", title="Lost")
    reasons = {
        "missing.png": "the server answered 404",
        "page": "expected a picture, but got 'text/html'",
        "untyped": "expected a picture, but got no Content-Type",
        "huge.png": f"the picture has more than {LIMIT} bytes",
        "slow.jpg": "the download took longer than 0.5 s",
    }
    wanted = ["just.png", *reasons]
    editor.post("lost", id="a", media=[image(f"{elsewhere.url}/{name}", caption=f"Of {name}") for name in wanted])
    editor.post("lost", id="b", body=f'<p><img src="{elsewhere.url}/huge.png" alt="A crowd"></p>')

    *lines, last = await archiving(server, "lost", timeout=0.5).write(tmp_path / "lost")

    assert set(lines) == {
        f"not downloaded, linked instead: {elsewhere.url}/{name} ({reason})" for name, reason in reasons.items()
    }
    assert last.startswith("2 posts and 1 pictures")
    assert [path.read_bytes() for path in (tmp_path / "lost" / "media").iterdir()] == [b"." * LIMIT]
    text = (tmp_path / "lost" / "index.html").read_text()
    for name in reasons:
        assert f'href="{elsewhere.url}/{name}"' in text
        assert f'src="{elsewhere.url}/{name}"' not in text
    assert f'<a href="{elsewhere.url}/huge.png">{elsewhere.url}/huge.png</a>' in text


async def test_an_export_that_fails_leaves_nothing(server: Server, editor: EditorClient, tmp_path: Path) -> None:
    editor.blog(id="torn", title="Torn")
    editor.post("torn", id="a", title="A post")
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_text("a file")

    class Torn(HtmlExport):
        async def _read(self, *asked: object) -> bytes:
            raise StopPressError("the server went away")

    for folder in (tmp_path / "new", tmp_path / "empty"):
        torn = Torn(server.url, TOKEN, "torn", picture_timeout=1, picture_bytes=1)
        with pytest.raises(StopPressError, match="the server went away"):
            await torn.write(folder)
    with pytest.raises(StopPressError, match="can't be written: Not a directory"):
        await archiving(server, "torn").write(tmp_path / "file" / "below")
    with pytest.raises(NotFound, match="there is no blog 'nowhere'"):
        await archiving(server, "nowhere").write(tmp_path / "nowhere")
    assert names(tmp_path) == ["empty", "file"]
    assert names(tmp_path / "empty") == []
    await archiving(server, "torn").write(tmp_path / "empty")
    assert "A post" in (tmp_path / "empty" / "index.html").read_text()
