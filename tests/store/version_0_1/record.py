"""Writes some blogs through the HTTP API of a running server, and keeps what it answered, as JSON.

    STOPPRESS_TOKEN=TOKEN python tests/store/version_0_1/record.py http://127.0.0.1:8000 >answers.json

README.md, beside this file, says how the data folder came about.
"""

from __future__ import annotations

import json
import os
import struct
import sys
import zlib
from typing import Any

import httpx2

Object = dict[str, Any]


def a_picture() -> bytes:
    """A red PNG of 4 by 3 pixels."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">L", len(content)) + kind + content + struct.pack(">L", zlib.crc32(kind + content))

    rows = b"".join(b"\x00" + b"\xc8\x10\x20" * 4 for _ in range(3))
    header = struct.pack(">LLBBBBB", 4, 3, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b"")


FULL: Object = {
    "id": "full",
    "title": "The tram is across — über die Brücke",
    "body": "<p>It took <em>four</em> minutes.</p>",
    "byline": "By Ada Brook and Tom Field",
    "authors": [
        {
            "name": "Ada Brook",
            "role": "Reporter",
            "url": "https://example.org/ada",
            "image": "https://example.org/ada.jpg",
        }
    ],
    "pinned": True,
    "key": True,
    "key_title": "Tram across",
    "media": [
        {
            "type": "image",
            "url": "https://example.org/tram.jpg",
            "alt": "A tram on the bridge",
            "caption": "Line 4",
            "credit": "Agency",
            "width": 1200,
            "height": 800,
            "srcset": "https://example.org/tram-600.jpg 600w, https://example.org/tram.jpg 1200w",
        },
        {
            "type": "embed",
            "url": "https://video.example.org/1",
            "provider": "Video",
            "title": "The crossing",
            "thumbnail": "https://example.org/1.jpg",
        },
    ],
    "links": [{"url": "https://example.org/story", "title": "The whole story"}],
    "notes": "Reporting by Ada Brook.",
    "tags": ["trams", "bridge & river"],
}


class Recorder:
    """Makes requests, and keeps those that the new version has to answer alike."""

    def __init__(self, url: str, token: str) -> None:
        self._client = httpx2.Client(base_url=url, headers={"Authorization": f"Bearer {token}"}, timeout=20)
        self.reads: list[Object] = []
        self.retries: list[Object] = []

    def write(self, method: str, path: str, content: Any = None, *, key: str = "") -> Any:
        """Make a request that must succeed. With `key` it can be sent again, and is kept for that."""
        headers = {"Idempotency-Key": key} if key else {}
        answer = self._client.request(method, path, json=content, headers=headers)
        answer.raise_for_status()
        got = answer.json() if answer.content else None
        if key:
            status = answer.status_code
            self.retries.append({"path": path, "key": key, "content": content, "status": status, "answer": got})
        return got

    def upload(self, content: bytes) -> Any:
        """Take a picture in."""
        answer = self._client.post("/v1/media", content=content, headers={"Content-Type": "image/png"})
        answer.raise_for_status()
        return answer.json()

    def cursor(self, path: str) -> str:
        """Where a blog stands now."""
        return str(self._client.get(path).json()["cursor"])

    def read(self, path: str) -> Any:
        """Keep what the server answers there."""
        answer = self._client.get(path)
        got = answer.json()
        self.reads.append({"path": path, "status": answer.status_code, "answer": got})
        return got


def record(recorder: Recorder) -> Object:
    """Write, then read."""
    write, read = recorder.write, recorder.read
    bridge = "/v1/blogs/bridge"
    blog: Object = {
        "id": "bridge",
        "title": "The bridge reopens",
        "description": "Minute by minute",
        "byline": "By A, B and C",
    }
    blog |= {"authors": [{"name": "Tom Field"}], "timezone": "Europe/Berlin", "language": "de"}
    write("POST", "/v1/blogs", blog, key="a-blog")
    write("POST", f"{bridge}/posts", FULL, key="a-post")
    write("POST", f"{bridge}/posts", {"id": "bare"})
    write("POST", f"{bridge}/posts", {"id": "edited", "title": "Frist", "tags": ["trams"]})
    write("PATCH", f"{bridge}/posts/edited", {"title": "First"})
    write("PATCH", f"{bridge}/posts/edited", {"body": "<p>Of two.</p>", "silent": True})
    write("PATCH", f"{bridge}/posts/edited", {"correction": "It was the second tram."})
    middle = recorder.cursor(f"{bridge}/changes")
    write("PATCH", f"{bridge}/posts/bare", {"pinned": True})
    write("PATCH", f"{bridge}/posts/bare", {"pinned": False, "body": "<p>Now it says something.</p>"})
    write("PATCH", f"{bridge}/posts/edited", {"published_at": "2026-05-04T12:00:00.250Z"})
    write("POST", f"{bridge}/posts", {"id": "deleted", "title": "Wrong"})
    write("DELETE", f"{bridge}/posts/deleted")
    write("POST", f"{bridge}/posts", {"id": "restored", "title": "Right after all", "key": True})
    write("DELETE", f"{bridge}/posts/restored")
    write("PATCH", f"{bridge}/posts/restored", {"status": "published"})
    write("POST", f"{bridge}/posts", {"id": "draft", "status": "draft", "title": "Not yet", "tags": ["hidden"]})
    write("PATCH", f"{bridge}/posts/draft", {"body": "<p>Still not.</p>"})
    write("POST", f"{bridge}/posts", {"id": "draft-gone", "status": "draft"})
    write("DELETE", f"{bridge}/posts/draft-gone")
    later = {"id": "later", "status": "scheduled", "publish_at": "2099-01-01T00:00:00Z", "title": "Later"}
    write("POST", f"{bridge}/posts", later)
    batch = [{"id": f"batch-{i}", "title": f"Batch {i}"} for i in range(2)]
    write("POST", f"{bridge}/posts:batch", {"posts": batch}, key="a-batch")
    write("POST", f"{bridge}/posts/edited/revisions/2/restore", key="a-restoration")
    picture = recorder.upload(a_picture())
    media = [{"type": "image", "alt": "Red", **picture}]
    write("POST", f"{bridge}/posts", {"id": "pictured", "title": "A picture", "media": media})
    write("PATCH", bridge, {"title": "The bridge is open", "status": "paused"})
    write("POST", "/v1/blogs", {"id": "over", "title": "It is over"})
    write("POST", "/v1/blogs/over/posts", {"id": "last", "title": "The last word"})
    write("PATCH", "/v1/blogs/over", {"status": "ended"})
    write("PATCH", "/v1/blogs/over", {"status": "archived"})
    write("POST", "/v1/blogs", {"id": "empty", "title": "Nothing yet", "status": "scheduled"})

    start = f"{middle.partition('.')[0]}.0"
    for path in ("/v1/blogs", bridge, "/v1/blogs/over", "/v1/blogs/empty", "/v1/audit?limit=5"):
        read(path)
    for query in ("", "?order=oldest&limit=3", "?key=true", "?tag=bridge+%26+river", "?status=draft"):
        read(f"{bridge}/posts{query}")
    for post in ("full", "deleted", "restored", "draft", "draft-gone", "later"):
        read(f"{bridge}/posts/{post}")
    for post in ("edited", "restored", "draft-gone", "later"):
        read(f"{bridge}/posts/{post}/revisions")
    for after in (start, middle, "other.3"):
        read(f"{bridge}/changes?after={after}")
    read(f"/v1/blogs/over/changes?after={recorder.cursor('/v1/blogs/over/changes')}")
    return {"reads": recorder.reads, "retries": recorder.retries, "picture": picture}


def text_of(answers: Object) -> str:
    """The answers as JSON, with one request a line."""

    def dump(value: Any) -> str:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))

    members = []
    for name, value in answers.items():
        lines = "[\n" + ",\n".join(map(dump, value)) + "\n]" if isinstance(value, list) else dump(value)
        members.append(f"{dump(name)}:{lines}")
    return "{\n" + ",\n".join(members) + "\n}\n"


if __name__ == "__main__":
    token = os.environ["STOPPRESS_TOKEN"]
    answers = {"token": token, **record(Recorder(sys.argv[1], token))}
    sys.stdout.write(text_of(answers))
