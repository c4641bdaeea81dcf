"""The description of the audit log's operation. Its endpoint is in web/api/audit.py."""

from __future__ import annotations

import re
from dataclasses import replace

from stoppress.query_parameters import QueryParameter, number
from stoppress.web.contract.operation import Operation
from stoppress.web.http.paging import PAGE as ANY_PAGE
from stoppress.web.http.paging import load_token

_PLACE = re.compile(r"[0-9]{1,20}-[0-9]{1,20}", re.ASCII)

LIMIT = number("limit", "The most entries to return.", 1, 100, 100)
BLOG: QueryParameter[str | None] = QueryParameter(
    "blog", "Only entries about this blog.", str, None, {"type": "string"}
)


def _load_page(given: str) -> str:
    place = load_token(given)
    if not _PLACE.fullmatch(place):
        raise ValueError("expected a page token from the 'next' of the audit log")
    return place


PAGE = replace(ANY_PAGE, read=_load_page)


AUDIT: tuple[Operation, ...] = (
    Operation(
        "GET",
        "/v1/audit",
        "readAudit",
        "List who wrote what, when and from where",
        "Operations",
        scope="admin",
        parameters=(BLOG, LIMIT, PAGE),
        answers={200: {"$ref": "#/components/schemas/AuditList"}},
        problems=(401, 403, 503),
        description="Lists every write by a token, refused ones included, latest first. A token that is limited to "
        "some blogs sees only those. Refused writes (status 400 and above) have a limit of their own, so they displace "
        "no others. A response may have fewer entries than `limit` and still a `next`.",
    ),
)
