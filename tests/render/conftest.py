"""A fictional blog and its posts, complete or bare."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from stoppress.model import Blog, Post
from stoppress.render.blog_html import Markup

DAWN = datetime(2031, 4, 12, 13, 5, tzinfo=UTC)


@pytest.fixture(scope="session")
def markup() -> Markup:
    return Markup("/client/3fa9c1")


@pytest.fixture
def make_blog() -> Callable[..., Blog]:
    def make(**fields: Any) -> Blog:
        given = {
            "id": "harbour-bridge",
            "title": "The Great Harbour Bridge reopens",
            "timezone": "America/New_York",
            "revision": 1,
            "created_at": DAWN,
        }
        return Blog.model_validate(given | fields)

    return make


@pytest.fixture
def make_post() -> Callable[..., Post]:
    def make(**fields: Any) -> Post:
        given = {
            "id": "tram",
            "blog": "harbour-bridge",
            "revision": 1,
            "status": "published",
            "created_at": DAWN,
            "published_at": DAWN,
            "updated_at": DAWN,
        }
        return Post.model_validate(given | fields)

    return make
