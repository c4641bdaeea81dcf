"""The descriptions of the operations on posts. Their endpoints are in web/api/posts.py."""

from __future__ import annotations

from stoppress.editing.inputs import PostBatch, PostInput, PostPatch
from stoppress.model import Post
from stoppress.query_parameters import QueryParameter, choice, flag, number, text
from stoppress.store.base import Order
from stoppress.web.contract.operation import BLOG, IDEMPOTENCY_KEY, IF_MATCH, POST, Operation
from stoppress.web.http.paging import ORDERED_PAGE

LIMIT = number("limit", "The most posts to return.", 1, 100, 100)
PRIVATE = ("draft", "scheduled")
ORDER: QueryParameter[Order] = choice("order", "By first publication.", "newest", "oldest")
KEY = flag("key", "`true`: only key events.")
PINNED = flag("pinned", "`true`: only pinned posts.")
TAG = text("tag", "Only posts with this tag. Give at most one of `key`, `pinned` and `tag`.")
STATUS = choice("status", "Drafts and scheduled posts need the scope `read`.", "published", *PRIVATE)
_PATH = "/v1/blogs/{blog}/posts"
_WRITTEN = {"$ref": "#/components/schemas/PostAnswer"}


POSTS: tuple[Operation, ...] = (
    Operation(
        "POST",
        _PATH,
        "createPost",
        "Publish a post, schedule it, or save a draft",
        "Posts",
        scope="write",
        body=PostInput,
        parameters=(BLOG, IDEMPOTENCY_KEY),
        answers={201: _WRITTEN},
        problems=(400, 401, 403, 404, 409, 413, 415, 422, 503),
        description="The statuses `published` (the default) and `scheduled` need the scope `publish`.",
    ),
    Operation(
        "POST",
        _PATH + ":batch",
        "createPosts",
        "Create up to 500 posts, all or none",
        "Posts",
        scope="write",
        body=PostBatch,
        parameters=(BLOG, IDEMPOTENCY_KEY),
        answers={201: {"$ref": "#/components/schemas/PostBatchAnswer"}},
        problems=(400, 401, 403, 404, 409, 413, 415, 422, 503),
        description="Creates the posts in one atomic step, in the order given. If one post is refused, none is "
        "created, and the problem names every wrong post. The body may have at most {limits.batch_limit} bytes.",
    ),
    Operation(
        "GET",
        _PATH,
        "listPosts",
        "List posts",
        "Posts",
        parameters=(
            BLOG,
            *(ORDER, LIMIT, KEY, PINNED, TAG, STATUS, ORDERED_PAGE),
        ),
        answers={200: {"$ref": "#/components/schemas/PostList"}, 304: None},
        problems=(401, 403, 404, 503),
    ),
    Operation(
        "GET",
        _PATH + "/{post}",
        "readPost",
        "Read a post",
        "Posts",
        parameters=(BLOG, POST),
        answers={200: {"$ref": f"#/components/schemas/{Post.__name__}"}, 304: None},
        problems=(401, 404, 410, 503),
        description="A deleted post is 410, with its tombstone. A draft is 404 without the scope `read`.",
    ),
    Operation(
        "PATCH",
        _PATH + "/{post}",
        "editPost",
        "Change a post (RFC 7396 merge patch)",
        "Posts",
        scope="write",
        body=PostPatch,
        merge_patch=True,
        parameters=(BLOG, POST, IF_MATCH),
        answers={200: _WRITTEN},
        problems=(400, 401, 403, 404, 409, 410, 412, 413, 415, 422, 503),
        description="Published and scheduled posts need the scope `publish`. Without the scope `read`, the answer for "
        "a draft or scheduled post has only its identity, its status and the fields that the patch names. A patch "
        "with the status `published` restores a deleted post. A patch that changes nothing makes no new revision.",
    ),
    Operation(
        "DELETE",
        _PATH + "/{post}",
        "deletePost",
        "Delete a post",
        "Posts",
        scope="write",
        parameters=(BLOG, POST, IF_MATCH),
        answers={200: {"$ref": "#/components/schemas/TombstoneAnswer"}},
        problems=(400, 401, 403, 404, 409, 412, 503),
        description="Replaces the post with a tombstone, and removes it from every page and feed. Deleting a "
        "deleted post changes nothing.",
    ),
)
