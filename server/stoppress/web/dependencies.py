"""The objects that the routes use. app.py builds them once and passes them to each route."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from stoppress.editing.blogs import Blogs
from stoppress.editing.content_workers import ContentWorkers
from stoppress.editing.posts import Posts
from stoppress.editing.schedule import Clock
from stoppress.media.intake import PictureIntake
from stoppress.metrics import Metrics
from stoppress.preview_links import PreviewLinks
from stoppress.render.blog_html import Markup
from stoppress.settings import Settings
from stoppress.store.base import Store
from stoppress.store.base_tokens import Tokens
from stoppress.token_check import TokenCheck
from stoppress.web.cache.page_cache import PageCache
from stoppress.web.http.token_rate_limit import TokenLimits

if TYPE_CHECKING:
    from stoppress.editing.audit_writer import AuditWriter


@dataclass(frozen=True, slots=True)
class Dependencies:
    """Everything that routes use: editing, the store, rendering, caches and metrics.

    web does not import the hub. It learns about readers from `readers`, which counts a blog's readers, and from
    `last_delivery`, the time of the last delivery to them.
    """

    settings: Settings
    store: Store
    tokens: Tokens
    token_check: TokenCheck
    previews: PreviewLinks
    blogs: Blogs
    posts: Posts
    markup: Markup
    audit_writer: AuditWriter
    limits: TokenLimits
    byte_limits: TokenLimits
    intake: PictureIntake
    page_cache: PageCache
    metrics: Metrics
    clock: Clock
    readers: Callable[[str], Awaitable[int]]
    last_delivery: Callable[[str], datetime | None]
    ready: Callable[[], bool]
    client_path: str
    store_away: Callable[[], float] = lambda: 0.0  # for how many seconds the store has not answered
    content_workers: ContentWorkers = field(default_factory=ContentWorkers)
    exposition: Callable[[], Awaitable[bytes]] | None = None  # metrics of all processes; None: of this one alone
