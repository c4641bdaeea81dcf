"""What the API tells of who did what; web/api/audit.py answers."""

from __future__ import annotations

import re
from dataclasses import replace

from stoppress.query_parameters import QueryParameter, number
from stoppress.web.contract.operation import Operation
from stoppress.web.http.paging import PAGE as ANY_PAGE
from stoppress.web.http.paging import load_token

_PLACE = re.compile(r"[0-9]{1,20}-[0-9]{1,20}", re.ASCII)

LIMIT = number("limit", "How many.", 1, 100, 100)
BLOG: QueryParameter[str | None] = QueryParameter("blog", "Of this blog only.", str, None, {"type": "string"})


def _load_page(given: str) -> str:
    place = load_token(given)
    if not _PLACE.fullmatch(place):
        raise ValueError("expected a page token of this log")
    return place


PAGE = replace(ANY_PAGE, read=_load_page)


AUDIT: tuple[Operation, ...] = (
    Operation(
        "GET",
        "/v1/audit",
        "readAudit",
        "Who did what, from where",
        "Operations",
        scope="admin",
        parameters=(BLOG, LIMIT, PAGE),
        answers={200: {"$ref": "#/components/schemas/AuditList"}},
        problems=(401, 403, 503),
        description="Every write by a token, refused ones too, the latest first. A token for some blogs sees "
        "those alone. An answer may have fewer entries than asked for, and yet a `next`.",
    ),
)
