"""`stoppress export --html`: a folder that opens from disk when the server is gone, and asks nobody for anything."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import httpx2
import pytest
from PIL import Image
from playwright.sync_api import Page

from .server import TOKEN, EditorClient, Server

pytestmark = [pytest.mark.browser, pytest.mark.server]


def export(server: Server, blog: str, folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "stoppress", "export", blog, "--html", str(folder), "--url", server.url]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("STOPPRESS_")}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def test_the_folder_reads_without_a_server(server: Server, editor: EditorClient, page: Page, tmp_path: Path) -> None:
    paper = io.BytesIO()
    Image.new("RGB", (900, 600), "teal").save(paper, "PNG")
    picture = httpx2.post(
        f"{server.url}/v1/media",
        content=paper.getvalue(),
        headers={"Authorization": f"Bearer {TOKEN}", "Content-Type": "image/png"},
    ).json()
    editor.blog(id="petrel", title="The night of the <Petrel>", timezone="Europe/Lisbon")
    for i in range(120):
        editor.post(
            "petrel", id=f"p{i:03}", title=f"Post {i}", published_at=f"2025-03-09T{8 + i // 60:02}:{i % 60:02}:00Z"
        )
    editor.edit("petrel", "p100", key=True, key_title="The lamp is lit", tags=["wind"], pinned=True)
    shown = {
        "type": "image",
        "url": picture["url"],
        "alt": "The harbour",
        "caption": "Dusk",
        "width": 900,
        "height": 600,
    }
    lost = {"type": "image", "url": "https://127.0.0.1:9/lost.jpg", "alt": "Lost", "caption": "A picture that is lost"}
    editor.edit("petrel", "p119", media=[shown | {"srcset": picture.get("srcset")}, lost])
    editor.edit("petrel", "p118", body='<p><a href="/blogs/other">Another night</a></p>')

    folder = tmp_path / "archive"
    done = export(server, "petrel", folder)
    assert done.returncode == 0, done.stderr
    assert "not downloaded, linked instead: https://127.0.0.1:9/lost.jpg" in done.stderr
    assert "120 posts" in done.stderr
    server.stop()

    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto((folder / "index.html").as_uri())
    assert page.locator("h1").inner_text() == "The night of the <Petrel>"
    assert page.locator("article").count() == 120
    assert page.locator("article").first.get_attribute("id") == "post-p119"
    image = page.locator("#post-p119 img")
    image.scroll_into_view_if_needed()
    page.wait_for_function(
        "() => { const i = document.querySelector('#post-p119 img'); return i.complete && i.naturalWidth }"
    )
    assert page.locator("#post-p119 a.embed").get_attribute("href") == "https://127.0.0.1:9/lost.jpg"
    assert page.locator("#post-p118 .body a").get_attribute("href") == f"{server.url}/blogs/other"
    page.get_by_role("link", name="The lamp is lit").click()
    assert page.url.endswith("index.html#post-p100")
    assert page.locator("#post-p100").evaluate("e => e.getBoundingClientRect().top >= 0")
    assert "9:40" in page.locator("#post-p100 .when").inner_text()
    page.get_by_role("link", name="Oldest").click()
    assert page.locator("article").first.get_attribute("id") == "post-p000"
    page.locator("#post-p000 h2 a").click()
    assert page.url.endswith("oldest.html#post-p000")
    assert page.locator(".tools").evaluate("e => getComputedStyle(e).display") == "flex"
    assert {url.partition(":")[0] for url in asked} == {"file"}
    assert page.locator("script[src], script[type=module]").count() == 0

    entries = ET.parse(folder / "feed.atom").getroot().findall("{http://www.w3.org/2005/Atom}entry")
    assert len(entries) == len(json.loads((folder / "feed.json").read_text())["items"]) == 120
    described = json.loads(page.locator("script[type='application/ld+json']").inner_text())
    assert described["url"] == f"{server.url}/blogs/petrel"
    server.start()


def test_a_folder_that_is_used_and_a_blog_that_is_not_there_are_refused(server: Server, tmp_path: Path) -> None:
    (tmp_path / "used").mkdir()
    (tmp_path / "used" / "letter.txt").write_text("Dear all")
    done = export(server, "petrel", tmp_path / "used")
    assert done.returncode == 1
    assert "expected the name of a new or empty folder" in done.stderr
    done = export(server, "nowhere", tmp_path / "new")
    assert done.returncode == 1
    assert "there is no blog 'nowhere'" in done.stderr
    assert not (tmp_path / "new").exists()
