"""The descriptions of the operations on revisions of posts. Their endpoints are in web/api/revisions.py."""

from __future__ import annotations

from stoppress.web.contract.operation import BLOG, IDEMPOTENCY_KEY, IF_MATCH, POST, Operation, Parameter

_PATH = "/v1/blogs/{blog}/posts/{post}/revisions"

REVISIONS: tuple[Operation, ...] = (
    Operation(
        "GET",
        _PATH,
        "listRevisions",
        "List a post's revisions: who changed what, when",
        "Posts",
        scope="read",
        parameters=(BLOG, POST),
        answers={200: {"$ref": "#/components/schemas/RevisionList"}},
        problems=(401, 404, 503),
    ),
    Operation(
        "POST",
        _PATH + "/{revision}/restore",
        "restoreRevision",
        "Restore an earlier revision",
        "Posts",
        scope="write",
        parameters=(
            BLOG,
            POST,
            Parameter(
                "revision",
                "path",
                "The revision's number.",
                {"type": "integer", "minimum": 1, "maximum": 999999999},
                example=1,
            ),
            IF_MATCH,
            IDEMPOTENCY_KEY,
        ),
        answers={200: {"$ref": "#/components/schemas/PostAnswer"}},
        problems=(400, 401, 403, 404, 409, 410, 412, 422, 503),
        description="Makes a new revision with the fields of the earlier one. The post's status does not change. A "
        "published post needs the scope `publish`. A deleted post is 410: restore it with a patch.",
    ),
)
