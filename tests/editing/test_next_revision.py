"""The next revision: when there is none, the times a post gets, its body made safe, and when it may be empty."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from stoppress.editing.inputs import PostInput, PostPatch
from stoppress.editing.next_revision import changes_nothing, compose
from stoppress.errors import Invalid
from stoppress.model import Blog, Post, Tombstone
from stoppress.store.base import Entry

NOON = datetime(2031, 5, 4, 12, 0, tzinfo=UTC)
EARLIER, LATER = NOON - timedelta(hours=3), NOON + timedelta(hours=3)


def a_post(**fields: Any) -> Post:
    """A post that was published three hours ago, in its second revision."""
    about = {"id": "p", "blog": "night", "revision": 2, "status": "published", "created_at": EARLIER}
    return Post.model_validate(about | {"published_at": EARLIER, "updated_at": EARLIER, "title": "P"} | fields)


def made(**fields: Any) -> Post:
    """What becomes of a new post."""
    return compose(PostInput.model_validate({"title": "P"} | fields), "night", "p", NOON)


def edited(before: Entry, base: Post | None = None, **fields: Any) -> Post:
    """What becomes of a post after these changes."""
    stands = base or before
    assert isinstance(stands, Post)
    kept = {name: getattr(stands, name) for name in PostPatch.model_fields if name in Post.model_fields}
    if "updated_at" not in fields:
        kept.pop("updated_at")
    wanted = PostPatch.model_validate(kept | {"body_format": "html"} | fields)
    return compose(wanted, "night", "p", NOON, before, stands)


def wrong_field(refused: pytest.ExceptionInfo[Invalid]) -> str:
    (error,) = refused.value.errors
    return error.pointer


# Times and numbers


def test_a_new_post_is_published_now() -> None:
    post = made()
    assert (post.id, post.blog, post.revision, post.status) == ("p", "night", 1, "published")
    assert (post.created_at, post.published_at, post.updated_at, post.publish_at) == (NOON, NOON, NOON, None)


@pytest.mark.parametrize("at", [EARLIER, NOON, LATER])
def test_a_post_dated_back_or_ahead_was_updated_when_it_was_published(at: datetime) -> None:
    post = made(published_at=at)
    assert (post.published_at, post.updated_at, post.created_at) == (at, at, NOON)


@pytest.mark.parametrize(("given", "stands"), [(EARLIER, NOON), (NOON, NOON), (LATER, LATER)])
def test_no_post_was_updated_before_it_was_published(given: datetime, stands: datetime) -> None:
    assert made(published_at=NOON, updated_at=given).updated_at == stands


def test_a_draft_has_only_the_times_that_its_editor_gave() -> None:
    draft = made(status="draft")
    assert (draft.status, draft.published_at, draft.updated_at, draft.publish_at) == ("draft", None, None, None)
    assert made(status="draft", published_at=EARLIER).published_at == EARLIER


def test_a_scheduled_post_needs_a_time_to_come() -> None:
    post = made(status="scheduled", publish_at=NOON + timedelta(seconds=1))
    assert (post.status, post.publish_at, post.published_at) == ("scheduled", NOON + timedelta(seconds=1), None)
    for given in (NOON, EARLIER, None):
        with pytest.raises(Invalid, match=given.isoformat().replace("+", r"\+") if given else "None") as refused:
            made(status="scheduled", publish_at=given)
        assert wrong_field(refused) == "/publish_at"


@pytest.mark.parametrize("status", ["draft", "published"])
def test_only_a_scheduled_post_is_told_when_to_come_out(status: str) -> None:
    with pytest.raises(Invalid, match=status) as refused:
        made(status=status, publish_at=LATER)
    assert wrong_field(refused) == "/publish_at"


def test_what_was_scheduled_loses_its_time_to_come_out_with_its_status() -> None:
    scheduled = a_post(status="scheduled", publish_at=LATER, published_at=None, updated_at=None)
    assert edited(scheduled).publish_at == LATER
    assert edited(scheduled, status="draft").publish_at is None
    out = edited(scheduled, status="published")
    assert (out.publish_at, out.published_at, out.updated_at) == (None, NOON, NOON)


def test_an_edit_of_a_published_post_shows_as_updated_now_unless_it_is_silent() -> None:
    before = a_post()
    loud, silent = edited(before, title="Q"), edited(before, title="Q", silent=True)
    assert (loud.revision, loud.created_at, loud.published_at, loud.updated_at) == (3, EARLIER, EARLIER, NOON)
    assert (silent.revision, silent.published_at, silent.updated_at) == (3, EARLIER, EARLIER)
    assert edited(before, updated_at=LATER).updated_at == LATER


@pytest.mark.parametrize("status", ["draft", "scheduled"])
@pytest.mark.parametrize("silent", [False, True])
def test_what_comes_out_was_updated_when_it_came_out_however_it_is_done(status: str, silent: bool) -> None:
    before = a_post(status=status, publish_at=None, published_at=None, updated_at=None)
    out = edited(before, status="published", silent=silent)
    assert (out.published_at, out.updated_at) == (NOON, NOON)
    dated = edited(before, status="published", silent=silent, published_at=EARLIER)
    assert (dated.published_at, dated.updated_at) == (EARLIER, EARLIER)


def test_a_silent_edit_of_a_post_that_was_never_updated_is_not_hidden() -> None:
    assert edited(a_post(updated_at=None), silent=True).updated_at == NOON


def test_a_deleted_post_goes_on_from_its_last_revision() -> None:
    back = edited(Tombstone(id="p", blog="night", revision=7), a_post())
    assert (back.revision, back.title, back.created_at, back.published_at) == (8, "P", EARLIER, EARLIER)
    assert back.updated_at == NOON


# Whether there is one


@pytest.mark.parametrize(
    "before", [a_post(), Blog(id="night", revision=2, title="P", created_at=EARLIER, updated_at=EARLIER)]
)
def test_a_patch_that_changes_nothing_makes_no_revision_unless_it_names_a_time(before: Post | Blog) -> None:
    same = before.model_copy(update={"revision": 3, "updated_at": NOON})
    assert changes_nothing(before, same, None)
    assert not changes_nothing(before, same, EARLIER)
    assert not changes_nothing(before, same.model_copy(update={"title": "Q"}), None)


def test_a_patch_that_restores_a_deleted_post_changes_something() -> None:
    assert not changes_nothing(Tombstone(id="p", blog="night", revision=2), a_post(revision=3), None)


# Bodies


def test_a_new_body_is_made_safe_and_markdown_becomes_html() -> None:
    assert made(body="<p class='x'>Rain.</p>").body == "<p>Rain.</p>"
    assert made(body="*Rain.*", body_format="markdown").body.strip() == "<p><em>Rain.</em></p>"


def test_a_body_that_stays_is_not_made_safe_again() -> None:
    before = a_post(body='<p class="kept">Rain.</p>')
    assert edited(before, title="Q").body == before.body
    assert edited(before, body='<p class="new">Rain.</p>').body == "<p>Rain.</p>"
    assert edited(a_post(body="*Rain.*"), body="*Rain.*", body_format="markdown").body.strip() == (
        "<p><em>Rain.</em></p>"
    )


# Empty posts

IMAGE = {"type": "image", "url": "https://example.org/a.png"}
LINK = {"url": "https://example.org/a", "title": "Read on"}
SAYING: list[dict[str, Any]] = [{"title": "P"}, {"body": "<p>Rain.</p>"}, {"media": [IMAGE]}, {"links": [LINK]}]


@pytest.mark.parametrize("content", SAYING)
@pytest.mark.parametrize("status", ["published", "scheduled"])
def test_any_of_title_body_media_and_links_is_content(content: dict[str, Any], status: str) -> None:
    when = {"publish_at": LATER} if status == "scheduled" else {}
    assert made(**{"title": None, "status": status} | when | content).status == status
    empty = a_post(title=None)
    assert edited(a_post(**{"title": None} | content), key=True).key
    assert edited(empty, **content).status == "published"


@pytest.mark.parametrize(
    "content",
    [
        {},
        {"status": "scheduled", "publish_at": LATER},
        {"key": True},
        {"id": "p", "title": None},
        {"id": "p", "body": ""},
        {"id": "p", "media": []},
        {"id": "p", "links": []},
        {"published_at": NOON, "body": "<p> </p>"},
    ],
)
def test_a_new_post_that_is_empty_by_mistake_is_refused(content: dict[str, Any]) -> None:
    with pytest.raises(Invalid, match=content.get("status", "published")) as refused:
        compose(PostInput.model_validate(content), "night", "p", NOON)
    assert wrong_field(refused) == "/body"


@pytest.mark.parametrize(
    "content", [{"id": "p"}, {"published_at": EARLIER}, {"id": "p", "key": True}, {"status": "draft"}]
)
def test_a_placeholder_and_a_draft_may_be_empty(content: dict[str, Any]) -> None:
    assert compose(PostInput.model_validate(content), "night", "p", NOON).title is None


def test_a_published_post_is_not_emptied_but_a_placeholder_may_stay_one() -> None:
    with pytest.raises(Invalid, match="content|something to see"):
        edited(a_post(), title=None)
    placeholder = a_post(title=None)
    assert edited(placeholder, key=True).key
    assert edited(placeholder, body="").title is None


@pytest.mark.parametrize("status", ["draft", "scheduled"])
def test_what_was_not_out_yet_does_not_come_out_empty(status: str) -> None:
    before = a_post(status=status, title=None, published_at=None, updated_at=None)
    with pytest.raises(Invalid, match="something to see"):
        edited(before, status="published")
    assert edited(before, status="draft").status == "draft"
