"""Every operation of the API and the pages, in the order of the OpenAPI document.

Tables: blogs, posts, revisions, changes (with the hub's socket and events), media, audit, pages (with feeds, front
page and robots.txt), probes, docs.
"""

from __future__ import annotations

from stoppress.web.contract.operation import Operation
from stoppress.web.contract.operations.audit import AUDIT
from stoppress.web.contract.operations.blogs import BLOGS
from stoppress.web.contract.operations.changes import CHANGES
from stoppress.web.contract.operations.docs import DOCS
from stoppress.web.contract.operations.media import MEDIA
from stoppress.web.contract.operations.pages import PAGES, ROBOTS
from stoppress.web.contract.operations.posts import POSTS
from stoppress.web.contract.operations.probes import PROBES
from stoppress.web.contract.operations.revisions import REVISIONS

OPERATIONS: tuple[Operation, ...] = (
    *BLOGS,
    *POSTS,
    *REVISIONS,
    *CHANGES,
    *MEDIA,
    *AUDIT,
    *PAGES,
    *PROBES,
    ROBOTS,
    *DOCS,
)
