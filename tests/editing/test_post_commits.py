"""Which event a change of a post is to readers, and whether they see the blog as updated."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from stoppress.editing.post_commits import change_of
from stoppress.model import Post, PostChanged, PostRemoved, Tombstone

NOW = datetime(2031, 5, 4, 12, 0, tzinfo=UTC)


def a_post(status: str = "published", **fields: object) -> Post:
    times = {"published_at": NOW, "updated_at": NOW} if status == "published" else {}
    return Post.model_validate(
        {"id": "one", "blog": "night", "revision": 1, "status": status, "created_at": NOW, **times, **fields}
    )


def test_a_published_post_is_told_and_noticed_at_its_time() -> None:
    post = a_post(updated_at=NOW - timedelta(hours=1))
    change = change_of(None, post, "published", NOW)
    assert change.event == PostChanged("published", post)
    assert change.noticed == NOW - timedelta(hours=1)


def test_a_post_dated_ahead_is_noticed_now() -> None:
    assert change_of(None, a_post(updated_at=NOW + timedelta(days=1)), "published", NOW).noticed == NOW


def test_a_silent_edit_is_told_and_not_noticed() -> None:
    before, after = a_post(), a_post(revision=2, title="High water")
    change = change_of(before, after, "edited", NOW, noticed=False)
    assert change.event == PostChanged("edited", after) and change.noticed is None


def test_readers_learn_nothing_of_drafts() -> None:
    draft = a_post("draft")
    assert change_of(None, draft, "published", NOW).event is None
    tombstone = Tombstone(id="one", blog="night", revision=2)
    assert change_of(draft, tombstone, "edited", NOW).event is None


def test_a_deletion_of_what_they_saw_is_told() -> None:
    tombstone = Tombstone(id="one", blog="night", revision=2)
    change = change_of(a_post(), tombstone, "edited", NOW)
    assert change.event == PostRemoved(tombstone) and change.noticed == NOW
