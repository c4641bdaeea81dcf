"""Structured data of a page for search engines and other programs: schema.org's LiveBlogPosting."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from markupsafe import Markup as Safe

from stoppress.model import Author, Blog, Image, Post, rfc3339
from stoppress.render.plain_text import plain

_SUMMARY = 5_000  # characters of a post's text to include, at most


def live_blog_posting(blog: Blog, posts: Iterable[Post], url: str) -> Safe:
    """The JSON-LD for a `<script type="application/ld+json">`. `url` is the blog's absolute address."""
    about: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "LiveBlogPosting",
        "@id": url,
        "url": url,
        "headline": blog.title,
        "description": blog.description,
        "inLanguage": blog.language,
        "datePublished": rfc3339(blog.created_at),
        "dateModified": rfc3339(blog.updated_at or blog.created_at),
        "coverageStartTime": rfc3339(blog.created_at),
        "author": _authors(blog.authors, blog.byline),
        "liveBlogUpdate": [_update(post, url) for post in posts],
    }
    if blog.status in ("ended", "archived") and blog.updated_at:
        about["coverageEndTime"] = rfc3339(blog.updated_at)
    return safe_json(about)


def _update(post: Post, url: str) -> dict[str, Any]:
    origin = url.partition("/blogs/")[0]
    text = plain(post.body)[:_SUMMARY]
    update: dict[str, Any] = {
        "@type": "BlogPosting",
        "@id": f"{url}/posts/{post.id}",
        "url": f"{url}/posts/{post.id}",
        "headline": (post.title or text)[:110] or post.id,
        "articleBody": text,
        "author": _authors(post.authors, post.byline),
        "image": [absolute(item.url, origin) for item in post.media if isinstance(item, Image)],
        "keywords": list(post.tags),
        "correction": post.correction,
    }
    if post.published_at:
        update["datePublished"] = rfc3339(post.published_at)
        update["dateModified"] = rfc3339(post.updated_at or post.published_at)
    return {name: value for name, value in update.items() if value}


def absolute(url: str, origin: str) -> str:
    """`url` as an absolute address: a path gets `origin` in front."""
    return origin + url if url.startswith("/") else url


def _authors(authors: Iterable[Author], byline: str | None) -> list[dict[str, str]]:
    known = [
        {"@type": "Person", "name": author.name, **({"url": author.url} if author.url else {})} for author in authors
    ]
    return known or ([{"@type": "Person", "name": byline}] if byline else [])


def safe_json(content: Any) -> Safe:
    """`content` as JSON that is safe in a script element: nothing in it ends the element or begins a comment."""
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    for char in "<>&\u2028\u2029":
        text = text.replace(char, f"\\u{ord(char):04x}")
    return Safe(text)
