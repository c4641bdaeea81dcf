"""Published and scheduled posts need content: a title, a body with something to see, media or links. No I/O."""

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
    if post.status != "draft" and not _says_something(post) and _empty_by_mistake(wanted, base):
        needed = "a title, a body with something to see, media or links"
        raise wrong("body", f"a {post.status} post needs {needed}, but got none of them")


def _says_something(post: Post) -> bool:
    return bool(post.title or post.media or post.links) or says_something(post.body)


def _empty_by_mistake(wanted: PostEdit, base: Post | None) -> bool:
    """Whether an empty post is a mistake: a patch emptied it, or a request set empty content or nothing at all.

    A new post with only an `id` or a `published_at` is a placeholder, not a mistake.
    """
    if base is not None:
        return base.status != "published" or _says_something(base)
    given = wanted.model_fields_set
    return given.isdisjoint(("id", "published_at")) or not given.isdisjoint(("title", "body", "media", "links"))
