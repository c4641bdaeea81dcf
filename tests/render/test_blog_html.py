"""What a blog looks like as HTML: every part shown, every text escaped, nothing that a strict policy would refuse."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from typing import Any

import pytest

from stoppress.model import Blog, Cursor, Post
from stoppress.render.blog_html import Markup, Neighbours
from stoppress.render.translations import count
from stoppress.store.base import Page

MakeBlog = Callable[..., Blog]
MakePost = Callable[..., Post]

DAWN = datetime(2031, 4, 12, 13, 5, tzinfo=UTC)
EVIL = "\"'><script>alert(1)</script><img src=x onerror=alert(1)>{{ 7*7 }}&amp;"
CANONICAL = "https://live.example/blogs/harbour-bridge"


class Reading(HTMLParser):
    """Reads HTML as a list of elements with their attributes, and the text as a reader sees it."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self._text: list[str] = []
        self.feed(html)
        self.close()
        self.text = " ".join("".join(self._text).split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self._text.append(data)

    def all(self, tag: str, **wanted: str) -> list[dict[str, str | None]]:
        return [
            attributes
            for name, attributes in self.elements
            if name == tag and all(attributes.get(key) == value for key, value in wanted.items())
        ]


def page_of(blog: Blog, *posts: Post) -> Page:
    return Page(blog=blog, cursor=Cursor("k3v9", 7), posts=posts, next=None)


def everything(text: str) -> dict[str, Any]:
    """All fields of a post that hold free text, each with `text` in it."""
    return {
        "title": text,
        "byline": text,
        "notes": text,
        "correction": text,
        "media": [
            {"type": "image", "url": "/media/1.jpg", "alt": text, "caption": text, "credit": text},
            {"type": "embed", "url": "https://video.example/1", "provider": text, "title": text},
        ],
        "links": [{"url": "https://example.org/story", "title": text}],
    }


class TestPost:
    def test_says_what_the_client_goes_by(self, markup: Markup, make_blog: MakeBlog, make_post: MakePost) -> None:
        moment = DAWN + timedelta(milliseconds=500)
        [article] = Reading(markup.post(make_blog(), make_post(revision=3, published_at=moment))).all("article")
        assert article["id"] == "post-tram"
        assert article["data-revision"] == "3"
        assert article["data-published-at"] == "2031-04-12T13:05:00.500Z"

    def test_shows_all_its_parts(self, markup: Markup, make_blog: MakeBlog, make_post: MakePost) -> None:
        post = make_post(
            title="The first tram is across",
            byline="From Ines Halloran on the north bank",
            body="<p>“It hums <em>again</em>.”</p>",
            pinned=True,
            key=True,
            updated_at=DAWN + timedelta(minutes=9),
            media=[
                {
                    "type": "image",
                    "url": "https://img.example/tram.jpg",
                    "alt": "A tram on a bridge",
                    "caption": "The first tram leaves the southern ramp.",
                    "credit": "Mira Voss/Port Ellery Gazette",
                    "width": 1600,
                    "height": 1000,
                    "srcset": "https://img.example/tram-800.jpg 800w",
                },
                {
                    "type": "embed",
                    "url": "https://video.example/1",
                    "provider": "Ellery Television",
                    "title": "The mayor’s speech",
                    "thumbnail": "https://img.example/mayor.jpg",
                },
            ],
            links=[{"url": "https://example.org/story", "title": "How the span was lifted"}],
            notes="Samir Dahl contributed reporting.",
            correction="The cycle lane opens on Monday.",
            tags=["Trams", "Port Ellery"],
        )
        html = markup.post(make_blog(), post)
        reading = Reading(html)
        assert reading.text == (
            "9:14 a.m. ET, April 12, 2031 First published 9:05 a.m. ET, April 12, 2031 Pinned Key event "
            "The first tram is across From Ines Halloran on the north bank "
            "The first tram leaves the southern ramp. (Mira Voss/Port Ellery Gazette) “It hums again.” "
            "The mayor’s speech Open on Ellery Television Correction The cycle lane opens on Monday. "
            "Read the full story: How the span was lifted Samir Dahl contributed reporting. "
            "Trams Port Ellery Share Copy link"
        )
        assert "<p>“It hums <em>again</em>.”</p>" in html
        assert len(reading.all("a", href="/blogs/harbour-bridge/posts/tram")) == 4
        [picture] = reading.all("img", src="https://img.example/tram.jpg")
        assert (picture["width"], picture["height"]) == ("1600", "1000")
        assert picture["srcset"] == "https://img.example/tram-800.jpg 800w"
        assert reading.all("a", href="https://video.example/1", rel="noopener noreferrer external")

    def test_may_be_one_line(self, markup: Markup, make_blog: MakeBlog, make_post: MakePost) -> None:
        reading = Reading(markup.post(make_blog(), make_post(body="<p>The fog has lifted.</p>")))
        assert reading.text == "9:05 a.m. ET, April 12, 2031 The fog has lifted. Share Copy link"
        assert not reading.all("h2")

    def test_of_one_minute_is_not_first_published_in_it(
        self, markup: Markup, make_blog: MakeBlog, make_post: MakePost
    ) -> None:
        post = make_post(updated_at=DAWN + timedelta(seconds=40))
        assert Reading(markup.post(make_blog(), post)).text == "9:05 a.m. ET, April 12, 2031 Share Copy link"

    def test_keeps_a_place_for_a_picture_of_unknown_size(
        self, markup: Markup, make_blog: MakeBlog, make_post: MakePost
    ) -> None:
        media = [{"type": "image", "url": "/media/1.jpg", "width": 800}]
        [picture] = Reading(markup.post(make_blog(), make_post(media=media))).all("img")
        assert picture["class"] == "unsized"
        assert "width" not in picture

    def test_loads_nothing_of_an_embed(self, markup: Markup, make_blog: MakeBlog, make_post: MakePost) -> None:
        media = [{"type": "embed", "url": "https://video.example/1"}]
        reading = Reading(markup.post(make_blog(), make_post(media=media)))
        assert not [tag for tag, _ in reading.elements if tag in {"iframe", "script", "img", "object", "video"}]
        assert "https://video.example/1" in reading.text

    def test_names_its_authors_where_no_byline_is_printed(
        self, markup: Markup, make_blog: MakeBlog, make_post: MakePost
    ) -> None:
        authors = [
            {"name": "Ines Halloran", "url": "https://example.org/ines"},
            {"name": "Tomas Okwu", "role": "City Hall"},
            {"name": "Petra Lindqvist"},
        ]
        reading = Reading(markup.post(make_blog(), make_post(authors=authors)))
        assert "By Ines Halloran, Tomas Okwu (City Hall) and Petra Lindqvist" in reading.text
        assert reading.all("a", href="https://example.org/ines", rel="author")
        assert "By Petra" in Reading(markup.post(make_blog(), make_post(authors=authors[2:]))).text

    def test_escapes_every_text(self, markup: Markup, make_blog: MakeBlog, make_post: MakePost) -> None:
        plain = Reading(markup.post(make_blog(), make_post(**everything("plain"))))
        evil = Reading(markup.post(make_blog(), make_post(**everything(EVIL))))
        assert [tag for tag, _ in evil.elements] == [tag for tag, _ in plain.elements]
        assert [sorted(attributes) for _, attributes in evil.elements] == [
            sorted(attributes) for _, attributes in plain.elements
        ]
        assert evil.text.count(EVIL) == plain.text.count("plain")

    def test_escapes_authors(self, markup: Markup, make_blog: MakeBlog, make_post: MakePost) -> None:
        authors = [{"name": EVIL, "role": EVIL, "url": "/a"}, {"name": EVIL}]
        reading = Reading(markup.post(make_blog(), make_post(authors=authors)))
        assert reading.text.count(EVIL) == 3
        assert not reading.all("script")

    def test_puts_its_body_in_as_it_is(self, markup: Markup, make_blog: MakeBlog, make_post: MakePost) -> None:
        body = "<blockquote><p>Open &amp; late</p></blockquote>"
        assert body in markup.post(make_blog(), make_post(body=body))


class TestHeader:
    def test_shows_status_headline_standfirst_byline_and_dateline(self, markup: Markup, make_blog: MakeBlog) -> None:
        blog = make_blog(
            description="Thousands lined the quays at dawn.",
            byline="By Ines Halloran and Tomas Okwu",
            updated_at=DAWN,
            posts=17,
        )
        assert Reading(markup.header(blog)).text == (
            "Live The Great Harbour Bridge reopens Thousands lined the quays at dawn. By Ines Halloran and Tomas Okwu "
            "Updated 9:05 a.m. ET, April 12, 2031 17 posts"
        )

    @pytest.mark.parametrize(
        ("status", "badge"),
        [
            ("scheduled", "Scheduled"),
            ("live", "Live"),
            ("paused", "Paused"),
            ("ended", "Ended"),
            ("archived", "Archived"),
        ],
    )
    def test_says_how_the_blog_stands(self, markup: Markup, make_blog: MakeBlog, status: str, badge: str) -> None:
        reading = Reading(markup.header(make_blog(status=status)))
        assert reading.text.startswith(f"{badge} ")
        assert reading.all("header", **{"id": "head", "data-status": status})

    def test_escapes_every_text(self, markup: Markup, make_blog: MakeBlog) -> None:
        reading = Reading(markup.header(make_blog(title=EVIL, description=EVIL, byline=EVIL)))
        assert reading.text.count(EVIL) == 3
        assert not reading.all("script")

    def test_holds_the_very_dateline_that_a_change_brings(self, markup: Markup, make_blog: MakeBlog) -> None:
        blog = make_blog(updated_at=DAWN, posts=2)
        assert markup.dateline(blog) in markup.header(blog)

    @pytest.mark.parametrize(
        ("posts", "language", "text"),
        [
            (0, "en", "No posts yet"),
            (1, "en", "1 post"),
            (17, "en", "17 posts"),
            (1204, "en", "1,204 posts"),
            (1204, "de", "1.204 Beiträge"),
            (2, "ar", "منشوران"),
            (1204, "nl", "1.204 posts"),
        ],
    )
    def test_counts_posts(self, posts: int, language: str, text: str) -> None:
        assert count(posts, language) == text


class TestPage:
    def test_holds_header_and_posts_as_the_socket_brings_them(
        self, markup: Markup, make_blog: MakeBlog, make_post: MakePost
    ) -> None:
        blog, posts = make_blog(posts=2), (make_post(id="b", title="B"), make_post(id="a", title="A"))
        html = markup.page(page_of(blog, *posts), order="newest", canonical=CANONICAL)
        assert markup.header(blog) in html
        # Nothing stands between two posts, so that one inserted live leaves the same page as a fresh load.
        first, second = (markup.post(blog, post, place=(i, 2)) for i, post in enumerate(posts, 1))
        assert f'aria-label="Posts">{first}{second}</div>' in html

    def test_carries_the_cursor_and_the_way_on(self, markup: Markup, make_blog: MakeBlog) -> None:
        reading = Reading(markup.page(page_of(make_blog()), order="oldest", canonical=CANONICAL))
        [main] = reading.all("main")
        assert main["data-cursor"] == "k3v9.7"
        assert main["data-socket"] == "/v1/blogs/harbour-bridge/socket"
        assert main["data-order"] == "oldest"
        assert main["data-timezone"] == "America/New_York"
        assert reading.all("link", rel="canonical", href=CANONICAL)
        assert [script["type"] for script in reading.all("script")] == [
            "application/ld+json",
            "module",
            "application/json",
        ]
        assert reading.all("link", rel="stylesheet", href="/client/3fa9c1/style.css")

    def test_is_fit_for_a_policy_without_inline_scripts_and_styles(
        self, markup: Markup, make_blog: MakeBlog, make_post: MakePost
    ) -> None:
        reading = Reading(
            markup.page(page_of(make_blog(), make_post(**everything("plain"))), order="newest", canonical=CANONICAL)
        )
        assert not reading.all("style")
        for _, attributes in reading.elements:
            assert not [name for name in attributes if name == "style" or name.startswith("on")]

    def test_is_described_by_its_standfirst_or_else_its_headline(self, markup: Markup, make_blog: MakeBlog) -> None:
        for blog, text in ((make_blog(description=EVIL), EVIL), (make_blog(), make_blog().title)):
            reading = Reading(markup.page(page_of(blog), order="newest", canonical=CANONICAL))
            assert reading.all("meta", name="description", content=text)

    @pytest.mark.parametrize(("order", "address"), [("newest", ""), ("oldest", "?order=oldest")])
    def test_sorts_by_plain_links(self, markup: Markup, make_blog: MakeBlog, order: Any, address: str) -> None:
        reading = Reading(markup.page(page_of(make_blog()), order=order, canonical=CANONICAL))
        [current, _] = reading.all("a", **{"aria-current": "true"})
        assert current["href"] == f"/blogs/harbour-bridge{address}"
        assert reading.all("a", href="/blogs/harbour-bridge")
        assert reading.all("a", href="/blogs/harbour-bridge?order=oldest")

    def test_leads_to_the_pages_around_it(self, markup: Markup, make_blog: MakeBlog) -> None:
        def links(order: Any) -> list[tuple[str | None, str | None]]:
            html = markup.page(
                page_of(make_blog()), order=order, canonical=CANONICAL, neighbours=Neighbours("/newer", "/older")
            )
            found = re.findall(r'<a rel="(prev|next)" href="(.*?)">(.*?)</a>', html)
            return [(rel, f"{href} {text}") for rel, href, text in found]

        assert links("newest") == [("prev", "/newer Newer posts"), ("next", "/older Older posts")]
        assert links("oldest") == [("prev", "/older Older posts"), ("next", "/newer Newer posts")]

    def test_has_no_such_links_when_it_is_all(self, markup: Markup, make_blog: MakeBlog) -> None:
        html = markup.page(page_of(make_blog()), order="newest", canonical=CANONICAL)
        assert 'rel="prev"' not in html
        assert 'rel="next"' not in html

    @pytest.mark.parametrize(("status", "text"), [("live", "Reload for updates"), ("ended", "Ended")])
    def test_without_javascript_offers_what_it_can(
        self, markup: Markup, make_blog: MakeBlog, status: str, text: str
    ) -> None:
        html = markup.page(page_of(make_blog(status=status)), order="newest", canonical=CANONICAL)
        [said] = re.findall(r'id="connection"[^>]*>(.*?)</p>', html)
        assert Reading(said).text == text

    def test_is_written_the_way_its_language_is(self, markup: Markup, make_blog: MakeBlog, make_post: MakePost) -> None:
        blog = make_blog(language="ar", title="إعادة افتتاح الجسر", timezone="Asia/Dubai")
        html = markup.page(page_of(blog, make_post()), order="newest", canonical=CANONICAL)
        assert Reading(html).all("html", lang="ar", dir="rtl")
        assert "12 أبريل 2031، 5:05 م GMT+4" in html
        ltr = markup.page(page_of(make_blog(language="pt-BR")), order="newest", canonical=CANONICAL)
        assert Reading(ltr).all("html", lang="pt-BR", dir="ltr")


class TestNotice:
    @pytest.mark.parametrize("kind", ["not_found", "gone", "unavailable"])
    def test_says_why_there_is_no_page(self, markup: Markup, kind: Any) -> None:
        reading = Reading(markup.notice(kind))
        assert len(reading.all("h1")) == 1
        assert reading.all("meta", name="robots", content="noindex")
        assert not reading.all("script")

    def test_leads_to_the_blog_if_there_is_one(self, markup: Markup, make_blog: MakeBlog) -> None:
        reading = Reading(markup.notice("gone", blog=make_blog(title=EVIL)))
        assert reading.all("a", href="/blogs/harbour-bridge")
        assert EVIL in reading.text
