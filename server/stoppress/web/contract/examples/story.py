"""The blog and the posts in the examples, as requests have them and as responses do."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from stoppress.model import Author, Blog, Cursor, Post, Tombstone

BEGIN = datetime(2026, 11, 25, 17, 30, tzinfo=UTC)
NOW = datetime(2026, 11, 25, 18, 42, 7, 120_000, tzinfo=UTC)
LATER = datetime(2026, 11, 25, 18, 55, 31, 4_000, tzinfo=UTC)
# The blog of `make run`, so that a request can be tried there as it stands.
BLOG_ID, POST_ID = "demo", "high-water"
PICTURE = "0f6c1d8a3b5e79240f6c1d8a3b5e7924"  # a hash, as in the names of uploaded pictures

BLOG_FIELDS: dict[str, Any] = {
    "title": "The sea gate closes",
    "description": "We follow the storm tide, gauge by gauge.",
    "authors": [{"name": "Ada Lindqvist", "role": "Chief reporter"}],
    "timezone": "Europe/Amsterdam",
    "language": "en-GB",
}
POST_FIELDS: dict[str, Any] = {
    "title": "High water at Customs Quay: 2.71 metres",
    "body": "<p>The water stopped nineteen centimetres below the cellars.</p>",
    "authors": [{"name": "Maren Oduya", "role": "on the quays"}],
    "key": True,
    "tags": ["The town"],
}

BLOG = Blog(
    id=BLOG_ID,
    revision=1,
    title=BLOG_FIELDS["title"],
    description=BLOG_FIELDS["description"],
    authors=(Author(name="Ada Lindqvist", role="Chief reporter"),),
    timezone="Europe/Amsterdam",
    language="en-GB",
    created_at=BEGIN,
    updated_at=NOW,
    posts=1,
)
POST = Post(
    id=POST_ID,
    revision=1,
    blog=BLOG_ID,
    status="published",
    created_at=NOW,
    published_at=NOW,
    updated_at=NOW,
    title=POST_FIELDS["title"],
    body=POST_FIELDS["body"],
    authors=(Author(name="Maren Oduya", role="on the quays"),),
    key=True,
    tags=("The town",),
)
CORRECTION = "An earlier version gave the height as 2.17 metres."
CORRECTED = POST.model_copy(update={"revision": 2, "updated_at": LATER, "correction": CORRECTION})
SECOND = POST.model_copy(
    update={"id": "all-clear", "title": None, "body": "<p>The gate opens at seven.</p>", "authors": (), "key": False}
)
TOMBSTONE = Tombstone(id=POST_ID, blog=BLOG_ID, revision=2)


def cursor(sequence: int) -> str:
    """The position in the blog's history after its change number `sequence`."""
    return str(Cursor("de0804bfab", sequence))
