"""What others find of a blog: robots, canonical address, Open Graph, feeds by their specifications, themes."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from datetime import datetime
from pathlib import Path

import httpx2
import pytest

from stoppress.render.blog_html import Markup
from stoppress.web.pages.assets import Assets
from web.checks import CLIENT

pytestmark = pytest.mark.anyio
PAGE = "/blogs/petrel"
ATOM = "{http://www.w3.org/2005/Atom}"


def meta(text: str, name: str) -> str | None:
    found = re.search(rf'<meta (?:name|property)="{re.escape(name)}" content="([^"]*)">', text)
    return found[1] if found else None


async def test_robots_may_read_pages_and_not_the_api(anybody: httpx2.AsyncClient) -> None:
    answer = await anybody.get("/robots.txt")
    assert answer.headers["content-type"].startswith("text/plain")
    assert answer.text.splitlines() == ["User-agent: *", "Disallow: /v1/"]


async def test_a_page_says_what_to_share_and_which_address_counts(
    admin: httpx2.AsyncClient, anybody: httpx2.AsyncClient, blog: str
) -> None:
    await admin.patch(blog, json={"description": "Wind & sea", "language": "en-GB"})
    picture = {"type": "image", "url": "/media/ferry.jpg", "width": 4, "height": 3}
    await admin.post(f"{blog}/posts", json={"id": "one", "media": [picture], "tags": ["wind"]})
    text = (await anybody.get(PAGE)).text
    assert meta(text, "og:type") == "article"
    assert meta(text, "og:title") == "The night of the Petrel"
    assert meta(text, "og:description") == meta(text, "description") == "Wind &amp; sea"
    assert meta(text, "og:url") == "http://test/blogs/petrel"
    assert meta(text, "og:locale") == "en_GB"
    assert meta(text, "og:image") == "http://test/media/ferry.jpg"
    assert meta(text, "twitter:card") == "summary_large_image"
    assert meta(text, "robots") == "max-image-preview:large"
    for query in ("", "?order=oldest", "?tag=wind"):
        other = (await anybody.get(PAGE + query)).text
        assert '<link rel="canonical" href="http://test/blogs/petrel">' in other
    assert meta((await anybody.get(f"{PAGE}?tag=wind")).text, "robots") == "noindex, follow"
    assert meta((await anybody.get("/blogs/nowhere")).text, "robots") == "noindex"


async def test_the_atom_feed_has_what_rfc_4287_requires(
    admin: httpx2.AsyncClient, anybody: httpx2.AsyncClient, blog: str
) -> None:
    for body in (
        {"id": "one", "title": "One", "byline": "By hand"},
        {"id": "two"},
        {"id": "three", "body": "<p>B</p>"},
    ):
        await admin.post(f"{blog}/posts", json=body)
    feed = ET.fromstring((await anybody.get(f"{PAGE}/feed.atom")).text)
    assert feed.tag == f"{ATOM}feed"
    for of in (feed, *feed.findall(f"{ATOM}entry")):  # 4.1.1, 4.1.2: exactly one of each
        for name in ("id", "title", "updated"):
            assert len(of.findall(f"{ATOM}{name}")) == 1, name
        updated = of.findtext(f"{ATOM}updated") or ""
        assert datetime.fromisoformat(updated).tzinfo is not None  # 3.3: RFC 3339
        assert (of.findtext(f"{ATOM}id") or "").startswith("http://test/blogs/petrel")  # 4.2.6: an IRI
        links = of.findall(f"{ATOM}link")
        assert len([link for link in links if link.get("rel", "alternate") == "alternate"]) == 1  # 4.2.7
    assert [link.get("rel") for link in feed.findall(f"{ATOM}link")] == [None, "self"]
    assert feed.find(f"{ATOM}author/{ATOM}name") is not None  # 4.1.1: of the feed, for entries that have none
    ids = [entry.findtext(f"{ATOM}id") for entry in feed.findall(f"{ATOM}entry")]
    assert len(set(ids)) == len(ids) == 3


async def test_the_json_feed_is_of_version_1_1(
    admin: httpx2.AsyncClient, anybody: httpx2.AsyncClient, blog: str
) -> None:
    await admin.patch(blog, json={"byline": "The night desk", "status": "ended"})
    await admin.post(f"{blog}/posts", json={"id": "one", "title": "One", "tags": ["wind"]})
    await admin.post(f"{blog}/posts", json={"id": "empty"})
    answer = await anybody.get(f"{PAGE}/feed.json")
    assert answer.headers["content-type"] == "application/feed+json; charset=utf-8"
    feed = json.loads(answer.text)
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert feed["title"] == "The night of the Petrel"
    assert feed["home_page_url"] == "http://test/blogs/petrel"
    assert feed["feed_url"] == "http://test/blogs/petrel/feed.json"
    assert feed["authors"] == [{"name": "The night desk"}]
    assert feed["expired"] is True
    for item in feed["items"]:
        assert isinstance(item["id"], str)
        assert "content_html" in item or "content_text" in item, "the specification asks for one of them"
        assert datetime.fromisoformat(item["date_published"]).tzinfo is not None


async def test_times_of_a_night_on_which_the_clocks_change(
    admin: httpx2.AsyncClient, anybody: httpx2.AsyncClient, blog: str
) -> None:
    await admin.patch(blog, json={"timezone": "Europe/Berlin", "language": "en-GB"})
    for name, at in (("before", "2031-03-30T00:59:00Z"), ("after", "2031-03-30T01:01:00Z")):
        await admin.post(f"{blog}/posts", json={"id": name, "published_at": at, "updated_at": at})
    text = (await anybody.get(f"{PAGE}?order=oldest")).text
    assert re.findall(r'class="permalink"[^>]*><time datetime="([^"]+)">([^<]+)<', text) == [
        ("2031-03-30T00:59:00Z", "01:59 CET, 30 March 2031"),
        ("2031-03-30T01:01:00Z", "03:01 CEST, 30 March 2031"),
    ]


def test_a_theme_comes_after_our_own_style_and_a_template_before_our_own(tmp_path: Path) -> None:
    theme = tmp_path / "night.css"
    theme.write_text("/* the desk's */\n:root { --accent: #006; }\n")
    client = CLIENT
    assert Assets(client, theme).fingerprint != Assets(client).fingerprint
    (tmp_path / "notice.html").write_text("<p>{{ title }}, says the Harbour Gazette</p>")
    own = Markup("/client/abc", templates=tmp_path, theme=True)
    assert own.notice("gone") == "<p>This post was deleted, says the Harbour Gazette</p>"
    styles = re.findall(r'<link rel="stylesheet" href="([^"]+)">', Markup("/client/abc", theme=True).notice("gone"))
    assert styles == ["/client/abc/style.css", "/client/abc/theme.css"]
    assert "theme.css" not in Markup("/client/abc").notice("gone")
