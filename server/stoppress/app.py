"""Builds every part of a server, connects them, and closes them. Only this module knows all the parts.

server_process.py runs what is built here, on a port. asgi.py wraps it for other ASGI servers.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from starlette.applications import Starlette

from stoppress.background import keep_running
from stoppress.connection_deadlines import ConnectionDeadlines
from stoppress.debug.page import debug_route
from stoppress.debug.state import process_state
from stoppress.editing.audit_writer import AuditWriter
from stoppress.editing.blogs import Blogs
from stoppress.editing.content_workers import ContentWorkers
from stoppress.editing.picture_rules import PictureRules
from stoppress.editing.posts import Posts
from stoppress.editing.schedule import keep_schedule
from stoppress.hub.dependencies import Source
from stoppress.hub.hub import Hub
from stoppress.loop_watchdog import LoopWatchdog
from stoppress.media.decoder_process import DecoderProcesses
from stoppress.media.intake import PictureIntake
from stoppress.media.storage import open_storage
from stoppress.media_origins import MediaOrigins
from stoppress.metrics import Metrics
from stoppress.metrics_of_workers import shared
from stoppress.preview_links import PreviewLinks
from stoppress.render.blog_html import Markup
from stoppress.settings import Settings
from stoppress.startup_message import AdminToken, admin_token
from stoppress.store.open_stores import open_stores
from stoppress.task_cancellation import end
from stoppress.token_check import TokenCheck
from stoppress.web.cache.page_cache import PageCache
from stoppress.web.dependencies import Dependencies
from stoppress.web.http.token_rate_limit import TokenLimits
from stoppress.web.pages.assets import Assets
from stoppress.web.routes import site

_PACKAGE = Path(__file__).parent
_SCHEDULE = 0.5  # seconds between two checks for due posts


@dataclass(frozen=True, slots=True)
class WorkerRole:
    """The role of one worker among several (workers.py)."""

    token: AdminToken
    welcomes: bool  # it prints the startup message
    plays: bool  # it plays the demo, if the demo is enabled
    folder: Path  # where each worker has a socket for its metrics
    index: int


@dataclass(frozen=True, slots=True)
class App:
    """A complete server, except for its port.

    `application` serves everything, in any ASGI server. `http_protocol` returns uvicorn's HTTP class, extended to
    answer some requests before ASGI; it works only with a known uvicorn (known_uvicorn.py). `deadlines` closes
    connections of that class whose request does not arrive.
    """

    application: Starlette
    http_protocol: Callable[[], type[asyncio.Protocol]]
    deadlines: ConnectionDeadlines
    hub: Hub
    intake: PictureIntake
    token: AdminToken

    async def drain(self) -> None:
        """Take no more pictures and readers, and disconnect the readers."""
        self.intake.stop()
        await self.hub.drain()


@asynccontextmanager
async def build(settings: Settings, worker: WorkerRole | None, ready: Callable[[], bool]) -> AsyncIterator[App]:
    """Build a server from the settings, and run its background work until the context exits.

    The server is alone, or one `worker` of several. `ready` tells the readiness probe whether connections are accepted.
    Raises Unavailable.
    """
    async with open_stores(settings, own=worker is None) as stores, AsyncExitStack() as open_still:
        metrics = Metrics()
        client = Assets(_client_folder(), settings.theme)
        client_path = f"/client/{client.fingerprint}"
        markup = Markup(client_path, templates=settings.templates, theme=settings.theme is not None)
        content_workers = ContentWorkers(processes=settings.content_workers, seconds=settings.content_timeout)
        pictures = PictureRules(MediaOrigins(settings.media_origins, settings.public_url), settings.require_alt)
        blogs = Blogs(stores.store, now, pictures)
        posts = Posts(stores.store, now, content_workers, pictures)
        token = worker.token if worker else await admin_token(settings, stores.tokens)
        token_check = TokenCheck(stores.tokens, token.text, settings.wrong_tokens, now)
        source = Source(stores.store, stores.log, stores.audience, token_check.may_read)
        hub = Hub(source, markup, settings, metrics)
        exposition = (
            await open_still.enter_async_context(shared(metrics, worker.folder, worker.index)) if worker else None
        )
        audit_writer = AuditWriter(stores.audit, metrics.count_dropped_entries)
        storage = open_storage(settings.media_url, settings.data / "media", patience=settings.media_timeout)
        decoders = DecoderProcesses(
            pixels=settings.media_pixels, memory=settings.media_memory, cpu=settings.media_cpu_seconds
        )
        intake = PictureIntake(storage, decoders, workers=settings.media_workers)
        watch = stores.watch
        watch.on_away(hub.store_went_away)
        watch.on_return(hub.store_returned)
        metrics.store_away.set_function(lambda: watch.away_for)
        metrics.store_refuses_writes.set_function(lambda: watch.refuses_writes is not None)
        page_cache = PageCache(
            settings, stores.log.public_heads, away=lambda: watch.away_for, count_stale=metrics.stale_pages.inc
        )
        deadlines = ConnectionDeadlines(settings, metrics)
        context = Dependencies(
            settings=settings,
            store=stores.store,
            tokens=stores.tokens,
            token_check=token_check,
            previews=PreviewLinks(stores.tokens, settings.preview_hours, now),
            blogs=blogs,
            posts=posts,
            markup=markup,
            audit_writer=audit_writer,
            intake=intake,
            page_cache=page_cache,
            limits=TokenLimits(stores.tokens, settings.rate_limit, now),
            byte_limits=TokenLimits(stores.tokens, settings.bytes_per_minute, now, "bytes"),
            metrics=metrics,
            clock=now,
            readers=hub.audience,
            last_delivery=hub.last_delivery,
            ready=ready,
            client_path=client_path,
            store_away=lambda: watch.away_for,
            content_workers=content_workers,
            exposition=exposition,
        )
        live = hub.routes
        if settings.debug:
            live.append(
                debug_route(partial(process_state, hub, page_cache.answers, stores.log.public_heads, settings.role))
            )
        application = site(context, client=client, pictures=_PACKAGE / "demo" / "pictures", live=live)

        def http_protocol() -> type[asyncio.Protocol]:
            # Imported only here, because it imports parts of uvicorn that an unknown one may lack.
            from stoppress.web import uvicorn_protocol

            return uvicorn_protocol.http_protocol(settings.head_limit, page_cache, metrics, deadlines)

        count_failure = metrics.count_task_failure
        async with asyncio.TaskGroup() as tasks:
            watchdog = LoopWatchdog(settings.loop_limit, _observer(metrics))
            endless = [
                tasks.create_task(keep_running("store watch", watch.run, count_failure)),
                tasks.create_task(keep_running("deadlines", deadlines.run, count_failure)),
                tasks.create_task(keep_running("page cache", page_cache.run, count_failure)),
                tasks.create_task(keep_running("loop watchdog", watchdog.run, count_failure)),
            ]
            if settings.role != "api":
                endless.append(tasks.create_task(hub.run()))
            if settings.role != "hub":
                keep = partial(keep_schedule, stores.store, now, every=_SCHEDULE)
                endless.append(tasks.create_task(keep_running("schedule", keep, count_failure)))
            # Ends by itself after `stop`, once everything is written.
            tasks.create_task(keep_running("audit log", audit_writer.run, count_failure))
            try:
                yield App(application, http_protocol, deadlines, hub, intake, token)
            finally:
                await audit_writer.stop()
                intake.close()
                await end(endless)


def _observer(metrics: Metrics) -> Callable[[str, float], None]:
    def observe(holder: str, seconds: float) -> None:
        metrics.loop_held.labels(holder).observe(seconds)

    return observe


def now() -> datetime:
    """The time, truncated to milliseconds, the precision by which posts are ordered."""
    moment = datetime.now(UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def _client_folder() -> Path:
    """The folder of the browser's modules: in the installed package, or beside server/ in a checkout."""
    installed = _PACKAGE / "client"
    return installed if installed.is_dir() else _PACKAGE.parent.parent / "client"
