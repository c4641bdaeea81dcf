"""An example of each message, in the json form: MESSAGES by type, and LARGE_POST for a client with `max_message`."""

from __future__ import annotations

from typing import Any

from stoppress.fields import rfc3339
from stoppress.web.contract.examples import story

_BLOG = story.BLOG.model_dump(mode="json")
_COUNTS = {"posts": 1, "updated_at": rfc3339(story.NOW)}

MESSAGES: dict[str, dict[str, Any]] = {
    "hello": {"type": "hello", "cursor": story.cursor(1), "blog": _BLOG, "heartbeat": 25.0, "resumed": True},
    "post": {
        "type": "post",
        "cursor": story.cursor(2),
        "change": "published",
        "post": story.POST.model_dump(mode="json"),
        "blog": _COUNTS,
    },
    "remove": {
        "type": "remove",
        "cursor": story.cursor(3),
        "id": story.POST_ID,
        "revision": 2,
        "blog": {**_COUNTS, "posts": 0},
    },
    "blog": {
        "type": "blog",
        "cursor": story.cursor(3),
        "blog": {**_BLOG, "revision": 2, "title": "The sea gate holds"},
    },
    "heartbeat": {"type": "heartbeat", "cursor": story.cursor(2), "readers": 4217},
    "reset": {"type": "reset", "cursor": story.cursor(2), "reason": "epoch"},
    "bye": {"type": "bye", "cursor": story.cursor(2), "retry_after_ms": 1800, "reason": "restarting"},
}

LARGE_POST: dict[str, Any] = {
    "type": "post",
    "cursor": story.cursor(2),
    "change": "published",
    "id": story.POST_ID,
    "revision": 1,
    "published_at": rfc3339(story.NOW),
    "pinned": False,
    "key": False,
    "too_large": True,
    "blog": _COUNTS,
}
