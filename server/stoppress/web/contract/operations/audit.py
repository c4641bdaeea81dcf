"""What the API tells of who did what; web/api/audit.py answers."""

from __future__ import annotations

from stoppress.web.contract.operation import Operation, Parameter, limit_of

LIMIT = 100  # entries in one answer

AUDIT: tuple[Operation, ...] = (
    Operation(
        "GET",
        "/v1/audit",
        "readAudit",
        "Who did what, from where",
        "Operations",
        scope="admin",
        parameters=(
            Parameter("blog", "query", "Of this blog only."),
            limit_of(LIMIT),
            Parameter("page", "query", "The `next` of an earlier answer."),
        ),
        answers={200: {"$ref": "#/components/schemas/AuditList"}},
        problems=(401, 403, 422, 503),
        description="Every write by a token, refused ones too, the latest first. A token for some blogs sees "
        "those alone. An answer may have fewer entries than asked for, and yet a `next`.",
    ),
)
