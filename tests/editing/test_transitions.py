"""The moves that the life of a post allows, what changed between two revisions, and what readers are told of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from stoppress.editing.transitions import NEXT_OF_POST, changed, told_as
from stoppress.model import Post, Tombstone

NOON = datetime(2031, 5, 4, 12, 0, tzinfo=UTC)
EARLIER, LATER = NOON - timedelta(hours=3), NOON + timedelta(hours=3)


def a_post(**fields: Any) -> Post:
    """A post that was published three hours ago, in its second revision."""
    about = {"id": "p", "blog": "night", "revision": 2, "status": "published", "created_at": EARLIER}
    return Post.model_validate(about | {"published_at": EARLIER, "updated_at": EARLIER, "title": "P"} | fields)


def test_which_status_may_follow_which() -> None:
    assert {before: set(after) for before, after in NEXT_OF_POST.items()} == {
        "draft": {"draft", "scheduled", "published"},
        "scheduled": {"draft", "scheduled", "published"},
        "published": {"published"},
        "deleted": {"published"},
    }


def test_the_first_revision_changed_the_fields_that_say_something() -> None:
    assert changed(None, a_post(tags=["sea"], key=True)) == ["key", "published_at", "status", "tags", "title"]
    assert changed(None, a_post(status="draft", title=None, published_at=None)) == []


def test_between_two_revisions_the_fields_that_differ_changed() -> None:
    before = a_post(title="One", tags=["sea"])
    assert changed(before, before.model_copy(update={"revision": 3})) == []
    assert changed(before, a_post(title="Two", tags=[], key=True)) == ["key", "tags", "title"]
    assert changed(before, Tombstone(id="p", blog="night", revision=3)) == ["status"]
    assert "status" in changed(Tombstone(id="p", blog="night", revision=3), before)


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ({}, {}, "edited"),
        ({}, {"title": "Q"}, "edited"),
        ({"status": "draft"}, {}, "published"),
        ({"status": "scheduled"}, {"pinned": True}, "published"),
        ({}, {"pinned": True}, "pinned"),
        ({"pinned": True}, {"pinned": False}, "unpinned"),
        ({}, {"published_at": NOON}, "moved"),
        ({}, {"published_at": NOON, "pinned": True}, "moved"),
        ({}, {"correction": "It was Q."}, "corrected"),
        ({"correction": "It was Q."}, {"correction": "It was R."}, "corrected"),
        ({"correction": "It was Q."}, {"correction": None}, "edited"),
        ({"correction": "It was Q."}, {"correction": "It was Q.", "title": "Q"}, "edited"),
        ({}, {"correction": "It was Q.", "published_at": NOON}, "corrected"),
        ({"status": "draft"}, {"correction": "It was Q."}, "published"),
    ],
)
def test_readers_are_told_the_most_telling_of_what_happened(
    before: dict[str, Any], after: dict[str, Any], told: str
) -> None:
    assert told_as(a_post(**before), a_post(**after)) == told


def test_what_was_deleted_is_restored() -> None:
    assert told_as(Tombstone(id="p", blog="night", revision=3), a_post(correction="It was Q.")) == "restored"
