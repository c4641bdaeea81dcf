"""Which records a switch between public and private keeps from readers."""

from __future__ import annotations

from datetime import UTC, datetime

from stoppress.hub.visibility import since_public, turns_private
from stoppress.model import Blog, BlogChanged, PostRemoved, Record, Tombstone

NOW = datetime(2031, 5, 4, tzinfo=UTC)


def blog(visibility: str) -> Blog:
    return Blog.model_validate(
        {"id": "night", "title": "Night", "revision": 1, "created_at": NOW, "visibility": visibility}
    )


def records(*kinds: str) -> list[Record]:
    """A record for each of `public`, `private` and `post`."""
    removed = PostRemoved(Tombstone(id="p", blog="night", revision=2))
    return [
        Record(i, 0, None, removed if kind == "post" else BlogChanged(blog(kind))) for i, kind in enumerate(kinds, 1)
    ]


def kept(*kinds: str) -> list[int]:
    return [record.sequence for record in since_public(records(*kinds))]


def test_only_a_public_blog_turns_private() -> None:
    assert turns_private(blog("public"), records("post", "private", "post"))
    assert not turns_private(blog("public"), records("post", "public"))
    assert not turns_private(blog("private"), records("private"))


def test_what_was_written_before_a_blog_was_certainly_public_is_left_out() -> None:
    assert kept("post", "post") == [1, 2]
    assert kept("public", "post", "public", "post") == [1, 2, 3, 4]
    assert kept("post", "public", "post") == [2, 3]
    assert kept("post", "private", "post", "public", "post") == [4, 5]
    assert kept("public", "private", "post", "public") == [4]
