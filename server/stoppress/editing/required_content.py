"""Published and scheduled posts need content: a title, a body with something to see, media or links. Pure."""

from __future__ import annotations

from stoppress.editing.inputs import PostEdit, wrong
from stoppress.model import Post
from stoppress.sanitize import says_something


def check_content(post: Post, wanted: PostEdit, base: Post | None) -> None:
    """Return when `post` has content, or may lack it: drafts may, and so may a placeholder. `wanted` is what the editor
    sent, and `base` the post that a patch was applied to.

    Raises:
        Invalid: the post is empty by mistake.
    """
    if post.status != "draft" and not _says_something(post) and _by_mistake(wanted, base):
        needed = "a title, a body with something to see, media or links"
        raise wrong("body", f"a post that is {post.status} needs {needed}, but got none of them")


def _says_something(post: Post) -> bool:
    return bool(post.title or post.media or post.links) or says_something(post.body)


def _by_mistake(wanted: PostEdit, base: Post | None) -> bool:
    """Whether a post is empty by mistake: emptied, told to be empty, or of a request that says nothing. Who gives an id
    or a time, and no text yet, puts up a place for what is to come."""
    if base is not None:
        return base.status != "published" or _says_something(base)
    given = wanted.model_fields_set
    return given.isdisjoint(("id", "published_at")) or not given.isdisjoint(("title", "body", "media", "links"))
