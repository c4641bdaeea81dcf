"""A blog's newest posts, with their full content, as an Atom feed (RFC 4287) and as a JSON Feed (version 1.1)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from stoppress.model import Blog, Image, Post, rfc3339
from stoppress.render.plain_text import plain
from stoppress.render.structured_data import absolute


def atom(blog: Blog, posts: Sequence[Post], url: str) -> str:
    """The Atom feed of `posts`. `url` is the blog's absolute address."""
    lines = [
        '<?xml version="1.0" encoding="utf-8"?>',
        f'<feed xmlns="http://www.w3.org/2005/Atom" xml:lang={quoteattr(blog.language)}>',
        f"<id>{escape(url)}</id>",
        f"<title>{_xml(blog.title)}</title>",
        f"<updated>{rfc3339(blog.updated_at or blog.created_at)}</updated>",
        f"<link href={quoteattr(url)}/>",
        f'<link rel="self" type="application/atom+xml" href={quoteattr(url + "/feed.atom")}/>',
        f"<author><name>{_xml(blog.byline or blog.title)}</name></author>",
    ]
    if blog.description:
        lines.append(f"<subtitle>{_xml(blog.description)}</subtitle>")
    for post in posts:
        lines += _entry(post, url)
    return "\n".join([*lines, "</feed>\n"])


def json_feed(blog: Blog, posts: Sequence[Post], url: str) -> str:
    """The JSON Feed of `posts`. `url` is the blog's absolute address."""
    feed: dict[str, Any] = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": blog.title,
        "home_page_url": url,
        "feed_url": f"{url}/feed.json",
        "language": blog.language,
        "items": [_item(post, url) for post in posts],
    }
    if blog.description:
        feed["description"] = blog.description
    if blog.byline:
        feed["authors"] = [{"name": blog.byline}]
    if blog.status in ("ended", "archived"):
        feed["expired"] = True
    return json.dumps(feed, ensure_ascii=False, separators=(",", ":"))


def _entry(post: Post, url: str) -> list[str]:
    assert post.published_at
    address = f"{url}/posts/{post.id}"
    names = [author.name for author in post.authors] or ([post.byline] if post.byline else [])
    return [
        "<entry>",
        f"<id>{escape(address)}</id>",
        f"<title>{_xml(_headline(post))}</title>",
        f"<link href={quoteattr(address)}/>",
        f"<published>{rfc3339(post.published_at)}</published>",
        f"<updated>{rfc3339(post.updated_at or post.published_at)}</updated>",
        *(f"<author><name>{_xml(name)}</name></author>" for name in names),
        *(f"<category term={quoteattr(tag)}/>" for tag in post.tags),
        f'<content type="html">{_xml(_content(post, url))}</content>',
        "</entry>",
    ]


def _item(post: Post, url: str) -> dict[str, Any]:
    assert post.published_at
    address = f"{url}/posts/{post.id}"
    item: dict[str, Any] = {
        "id": address,
        "url": address,
        "title": post.title,
        "content_html": _content(post, url),
        "date_published": rfc3339(post.published_at),
        "date_modified": rfc3339(post.updated_at or post.published_at),
        "tags": list(post.tags),
        "authors": [{"name": author.name} for author in post.authors]
        or ([{"name": post.byline}] if post.byline else []),
    }
    picture = next((media.url for media in post.media if isinstance(media, Image)), None)
    if picture:
        item["image"] = absolute(picture, url.partition("/blogs/")[0])
    # JSON Feed 1.1 requires content in every item, even if it is empty. Other empty fields are left out.
    return {name: value for name, value in item.items() if value or name == "content_html"}


def _content(post: Post, url: str) -> str:
    """The post's content as HTML for a feed: media, body, correction, links, notes. All text is escaped; the body was
    sanitised before."""
    origin = url.partition("/blogs/")[0]
    parts = []
    for media in post.media:
        if isinstance(media, Image):
            said = " ".join(text for text in (media.caption, media.credit and f"({media.credit})") if text)
            picture = f"<img src={quoteattr(absolute(media.url, origin))} alt={quoteattr(media.alt)}>"
            parts.append(f"<figure>{picture}<figcaption>{escape(said)}</figcaption></figure>")
        else:
            parts.append(f"<p><a href={quoteattr(media.url)}>{escape(media.title or media.url)}</a></p>")
    parts.append(post.body)
    if post.correction:
        parts.append(f"<p><strong>{escape(post.correction)}</strong></p>")
    parts += [f"<p><a href={quoteattr(link.url)}>{escape(link.title)}</a></p>" for link in post.links]
    if post.notes:
        parts.append(f"<p><em>{escape(post.notes)}</em></p>")
    return "".join(parts)


def _headline(post: Post) -> str:
    text = post.title or plain(post.body)
    return text if len(text) <= 120 else text[:119] + "…"


def _xml(text: str) -> str:
    """`text` escaped for XML, without the characters that XML 1.0 can't represent."""
    return escape("".join(char for char in text if char in "\t\n\r" or " " <= char not in "\ufffe\uffff"))
