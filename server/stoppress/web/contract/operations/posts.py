"""What the API does with posts; web/api/posts.py answers."""

from __future__ import annotations

from stoppress.editing.inputs import PostBatch, PostInput, PostPatch
from stoppress.model import Post
from stoppress.query_parameters import QueryParameter, choice, flag, number, text
from stoppress.store.base import Order
from stoppress.web.contract.operation import BLOG, IDEMPOTENCY_KEY, IF_MATCH, POST, Operation, Parameter
from stoppress.web.http.paging import ORDERED_PAGE

LIMIT = number("limit", "How many.", 1, 100, 100)
PRIVATE = ("draft", "scheduled")
ORDER: QueryParameter[Order] = choice("order", "By first publication.", "newest", "oldest")
KEY = flag("key", "`true`: key events only.")
PINNED = flag("pinned", "`true`: pinned posts only.")
TAG = text("tag", "Posts with this tag only. One of key, pinned and tag may be given.")
STATUS = choice("status", "Others than published need the scope read.", "published", *PRIVATE)
_PATH = "/v1/blogs/{blog}/posts"
_WRITTEN = {"$ref": "#/components/schemas/PostAnswer"}


POSTS: tuple[Operation, ...] = (
    Operation(
        "POST",
        _PATH,
        "createPost",
        "Publish a post, or keep a draft",
        "Posts",
        scope="write",
        body=PostInput,
        parameters=(BLOG, IDEMPOTENCY_KEY),
        answers={201: _WRITTEN},
        problems=(400, 401, 403, 404, 409, 413, 415, 422, 503),
        description="`published` (the default) and `scheduled` need the scope publish.",
    ),
    Operation(
        "POST",
        _PATH + ":batch",
        "createPosts",
        "Make up to 500 posts, all or none",
        "Posts",
        scope="write",
        body=PostBatch,
        parameters=(BLOG, IDEMPOTENCY_KEY),
        answers={201: {"$ref": "#/components/schemas/PostBatchAnswer"}},
        problems=(400, 401, 403, 404, 409, 413, 415, 422, 503),
        description="In one atomic step, in the order given. If one is refused none is made, and the problem "
        "names all that are wrong. "
        "The body may have {settings.batch_limit} bytes.",
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
        description="A deleted one is 410, with its tombstone. Drafts need the scope read, or are 404.",
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
        description="What is published needs the scope publish. A patch with status `published` brings a "
        "deleted post back. If nothing changes, there is no new revision.",
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
        description="A tombstone goes to every page, feed, cache and socket. Deleting twice is deleting once.",
    ),
    Operation(
        "GET",
        _PATH + "/{post}/revisions",
        "listRevisions",
        "Who changed what, when",
        "Posts",
        scope="read",
        parameters=(BLOG, POST),
        answers={200: {"$ref": "#/components/schemas/RevisionList"}},
        problems=(401, 404, 503),
    ),
    Operation(
        "POST",
        _PATH + "/{post}/revisions/{revision}/restore",
        "restoreRevision",
        "Go back to what a revision said",
        "Posts",
        scope="write",
        parameters=(
            BLOG,
            POST,
            Parameter("revision", "path", "Its number.", {"type": "integer", "minimum": 1, "maximum": 999999999}),
            IF_MATCH,
            IDEMPOTENCY_KEY,
        ),
        answers={200: _WRITTEN},
        problems=(400, 401, 403, 404, 409, 410, 412, 422, 503),
        description="Makes a new revision with the fields of that one. Whether the post is out stays as it is; "
        "what is published needs the scope publish. A deleted post is 410: it comes back by a patch.",
    ),
)
