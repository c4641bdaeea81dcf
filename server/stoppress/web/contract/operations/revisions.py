"""The descriptions of the operations on revisions of posts. Their endpoints are in web/api/revisions.py."""

from __future__ import annotations

import re

from stoppress.query_parameters import QueryParameter, choice, number
from stoppress.store.base import REVISIONS_MAX, Order
from stoppress.web.contract.operation import BLOG, IDEMPOTENCY_KEY, IF_MATCH, POST, Operation, Parameter
from stoppress.web.http.paging import dump_token, load_token

ORDER: QueryParameter[Order] = choice("order", "By the revision's number.", "oldest", "newest")
LIMIT = number("limit", "The most revisions to return.", 1, REVISIONS_MAX, REVISIONS_MAX)
_PLACE = re.compile(r"(oldest|newest)-([0-9]{1,9})", re.ASCII)


def dump_revision_page(order: Order, revision: int) -> str:
    """The page token for the revisions after the one with this number, in this order."""
    return dump_token(f"{order}-{revision}")


def _load_page(given: str) -> tuple[str, int]:
    place = _PLACE.fullmatch(load_token(given))
    if not place:
        raise ValueError("expected a page token from the 'next' of a list of revisions")
    return place[1], int(place[2])


PAGE: QueryParameter[tuple[str, int] | None] = QueryParameter(
    "page", "The `next` of an earlier response; stable while revisions are made.", _load_page, None, {"type": "string"}
)


_PATH = "/v1/blogs/{blog}/posts/{post}/revisions"

REVISIONS: tuple[Operation, ...] = (
    Operation(
        "GET",
        _PATH,
        "listRevisions",
        "List a post's revisions: who changed what, when",
        "Posts",
        scope="read",
        parameters=(BLOG, POST, ORDER, LIMIT, PAGE),
        answers={200: {"$ref": "#/components/schemas/RevisionList"}},
        problems=(401, 404, 503),
        description="An answer has at most 2 MiB, so it may have fewer revisions than `limit` and still a `next`. "
        "Edits of an unpublished post with one token within a minute fold into the last of them, so numbers may be "
        "missing.",
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
