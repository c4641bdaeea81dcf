"""A request and a response for each operation of the HTTP API.

The requests belong to the responses: `createPost` publishes the post that `listPosts` returns. Empty responses (101,
204, 302, 304) and pictures have no example.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from stoppress import __version__
from stoppress.fields import rfc3339
from stoppress.web.contract.examples import story
from stoppress.web.contract.examples.messages import MESSAGES


@dataclass(frozen=True, slots=True)
class Example:
    """The body of a response that succeeds, and that of the request if it has one."""

    response: Any = None
    request: Any = None


def _json(model: BaseModel) -> Any:
    return model.model_dump(mode="json")


_BLOG, _POST, _CORRECTED, _SECOND = map(_json, (story.BLOG, story.POST, story.CORRECTED, story.SECOND))
_EDITED_BLOG = {**_BLOG, "revision": 2, "title": "The sea gate holds"}
_PAGE = '<!doctype html>\n<html lang="en-GB">\n<title>The sea gate closes</title>\n…'

EXAMPLES: dict[str, Example] = {
    "createBlog": Example(
        {"blog": {**_BLOG, "id": "storm-tide", "posts": 0}, "cursor": story.cursor(1)},
        {"id": "storm-tide", **story.BLOG_FIELDS},
    ),
    "listBlogs": Example({"blogs": [_BLOG], "next": None}),
    "readBlog": Example(_BLOG),
    "editBlog": Example({"blog": _EDITED_BLOG, "cursor": story.cursor(3)}, {"title": "The sea gate holds"}),
    "deleteBlog": Example(),
    "createPreviewLink": Example(
        {
            "url": f"http://127.0.0.1:8000/blogs/demo?preview=1795890527.{'5e' * 32}",
            "expires_at": "2026-11-28T18:28:47Z",
        }
    ),
    "readStats": Example({"readers": 4217, "posts": 1, "cursor": story.cursor(2), "last_delivery": rfc3339(story.NOW)}),
    "createPost": Example(
        {"post": _POST, "cursor": story.cursor(2)},
        {"id": story.POST_ID, **story.POST_FIELDS},
    ),
    "createPosts": Example(
        {
            "posts": [
                {"post": _POST, "cursor": story.cursor(2)},
                {"post": _SECOND, "cursor": story.cursor(3)},
            ],
            "cursor": story.cursor(3),
        },
        {
            "posts": [
                {"id": story.POST_ID, **story.POST_FIELDS},
                {
                    "id": "all-clear",
                    "body": "The gate opens at seven.",
                    "body_format": "markdown",
                    "tags": ["The town"],
                },
            ]
        },
    ),
    "listPosts": Example({"posts": [_POST], "next": None, "cursor": story.cursor(2)}),
    "readPost": Example(_POST),
    "editPost": Example({"post": _CORRECTED, "cursor": story.cursor(3)}, {"correction": story.CORRECTION}),
    "deletePost": Example({"post": _json(story.TOMBSTONE), "cursor": story.cursor(3)}),
    "listRevisions": Example(
        {
            "revisions": [
                {
                    "revision": 1,
                    "at": rfc3339(story.NOW),
                    "by": "Maren",
                    "changed": ["authors", "body", "key", "tags", "title"],
                    "post": _POST,
                },
                {
                    "revision": 2,
                    "at": rfc3339(story.LATER),
                    "by": "Ada",
                    "changed": ["correction"],
                    "post": _CORRECTED,
                },
            ],
            "next": None,
        }
    ),
    "restoreRevision": Example({"post": {**_POST, "revision": 3}, "cursor": story.cursor(4)}),
    "openSocket": Example(),
    "openEvents": Example(
        f"retry: 2000\nid: {story.cursor(2)}\nevent: heartbeat\n"
        f'data: {{"type":"heartbeat","cursor":"{story.cursor(2)}","readers":4217}}\n\n'
    ),
    "readChanges": Example(
        {"cursor": story.cursor(2), "messages": [MESSAGES["post"]], "more": False, "blog_status": "live"}
    ),
    "createMedia": Example(
        {
            "url": f"/media/{story.PICTURE}-1-1600.jpg",
            "width": 1600,
            "height": 900,
            "srcset": f"/media/{story.PICTURE}-1-800.jpg 800w, /media/{story.PICTURE}-1-1600.jpg 1600w",
        }
    ),
    "readMedia": Example(),
    "readAudit": Example(
        {
            "entries": [
                {
                    "id": "1795631327121-0",
                    "at": rfc3339(story.NOW),
                    "token": "a8b8d90142b7",
                    "name": "Maren",
                    "address": "192.0.2.7",
                    "agent": "newsroom-tool/2.1",
                    "method": "POST",
                    "operation": "createPost",
                    "target": "/v1/blogs/demo/posts",
                    "blog": "demo",
                    "status": 201,
                }
            ],
            "next": None,
        }
    ),
    "blogPage": Example(_PAGE),
    "postPage": Example(),
    "atomFeed": Example(
        '<?xml version="1.0" encoding="utf-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en-GB">\n'
        "<title>The sea gate closes</title>\n…\n</feed>"
    ),
    "jsonFeed": Example(
        {
            "version": "https://jsonfeed.org/version/1.1",
            "title": _BLOG["title"],
            "home_page_url": "http://127.0.0.1:8000/blogs/demo",
            "feed_url": "http://127.0.0.1:8000/blogs/demo/feed.json",
            "language": "en-GB",
            "items": [
                {
                    "id": "http://127.0.0.1:8000/blogs/demo/posts/high-water",
                    "url": "http://127.0.0.1:8000/blogs/demo/posts/high-water",
                    "title": _POST["title"],
                    "content_html": _POST["body"],
                    "date_published": _POST["published_at"],
                    "date_modified": _POST["updated_at"],
                    "tags": ["The town"],
                    "authors": [{"name": "Maren Oduya"}],
                }
            ],
        }
    ),
    "front": Example(
        {
            "name": "Stop Press",
            "version": __version__,
            "blogs": "/v1/blogs",
            "docs": "/docs",
            "openapi": "/openapi.json",
            "asyncapi": "/asyncapi.json",
        }
    ),
    "health": Example({"status": "ok"}),
    "ready": Example({"status": "ready"}),
    "metrics": Example(
        "# HELP stoppress_readers Readers connected to this process.\n# TYPE stoppress_readers gauge\n"
        'stoppress_readers{transport="socket"} 4217.0\n'
    ),
    "robots": Example("User-agent: *\nDisallow: /v1/\n"),
    "openapi": Example({"openapi": "3.1.0", "info": {"title": "Stop Press", "version": __version__}}),
    "asyncapi": Example(
        {"asyncapi": "3.1.0", "info": {"title": "Stop Press: following a blog", "version": __version__}}
    ),
    "docs": Example('<!doctype html>\n<html lang="en">\n<title>Stop Press API</title>\n…'),
}
