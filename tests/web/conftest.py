"""The API in this process, on a real store."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import httpx2
import pytest

from stoppress.editing.audit_writer import AuditWriter
from stoppress.editing.blogs import Blogs
from stoppress.editing.picture_rules import PictureRules
from stoppress.editing.posts import Posts
from stoppress.media.decoder_process import DecoderProcesses
from stoppress.media.intake import PictureIntake
from stoppress.media.storage import FolderStorage
from stoppress.media_origins import MediaOrigins
from stoppress.metrics import Metrics
from stoppress.preview_links import PreviewLinks
from stoppress.render.blog_html import Markup
from stoppress.settings import Settings
from stoppress.store.audit_log import RedisAudit
from stoppress.store.redis_store import RedisStore
from stoppress.store.redis_stream import RedisLog
from stoppress.store.tokens import RedisTokens
from stoppress.token_check import TokenCheck
from stoppress.web.cache.page_cache import PageCache
from stoppress.web.dependencies import Dependencies
from stoppress.web.http.token_rate_limit import TokenLimits
from stoppress.web.routes import site
from web.checks import CLIENT, client_files

ADMIN = "the-admin-token"


@cache
def settings_of_the_api() -> Settings:
    """They are made once: it takes 3 ms, and they can't be changed."""
    return Settings(rate_limit=600)


async def no_readers(blog: str) -> int:
    return 0


def no_delivery(blog: str) -> datetime | None:
    return None


@pytest.fixture
async def context(store: RedisStore, valkey_url: str, clock: Any, tmp_path: Path) -> AsyncIterator[Dependencies]:
    settings = settings_of_the_api()
    pictures = PictureRules(MediaOrigins(settings.media_origins, settings.public_url), settings.require_alt)
    tokens, audit = RedisTokens(valkey_url, settings), RedisAudit(valkey_url, settings)
    log = RedisLog(valkey_url, settings)
    audit_writer = AuditWriter(audit)
    decoders = DecoderProcesses(
        pixels=settings.media_pixels, memory=settings.media_memory, cpu=settings.media_cpu_seconds
    )
    intake = PictureIntake(FolderStorage(tmp_path / "media"), decoders, workers=1)
    writing = asyncio.create_task(audit_writer.run())
    yield Dependencies(
        settings=settings,
        store=store,
        tokens=tokens,
        previews=PreviewLinks(tokens, settings.preview_hours, clock),
        token_check=TokenCheck(tokens, ADMIN, settings.wrong_tokens, clock),
        blogs=Blogs(store, clock, pictures),
        posts=Posts(store, clock, pictures=pictures),
        audit_writer=audit_writer,
        intake=intake,
        page_cache=PageCache(settings, log.public_heads),
        limits=TokenLimits(tokens, settings.rate_limit, clock),
        byte_limits=TokenLimits(tokens, settings.bytes_per_minute, clock, "bytes"),
        markup=Markup("/client/abc"),
        metrics=Metrics(),
        clock=clock,
        readers=no_readers,
        last_delivery=no_delivery,
        ready=lambda: True,
        client_path="/client/abc",
    )
    intake.close()
    await audit_writer.stop()
    await writing
    await tokens.close()
    await audit.close()
    await log.close()


@pytest.fixture
async def anybody(context: Dependencies) -> AsyncIterator[httpx2.AsyncClient]:
    """Without a token."""
    transport = httpx2.ASGITransport(site(context, client=client_files(), pictures=CLIENT, live=[]))
    async with httpx2.AsyncClient(transport=transport, base_url="http://test") as client:
        yield client


@pytest.fixture
async def admin(anybody: httpx2.AsyncClient, context: Dependencies) -> AsyncIterator[httpx2.AsyncClient]:
    """With every scope."""
    transport = httpx2.ASGITransport(site(context, client=client_files(), pictures=CLIENT, live=[]))
    headers = {"Authorization": f"Bearer {ADMIN}"}
    async with httpx2.AsyncClient(transport=transport, base_url="http://test", headers=headers) as client:
        yield client


@pytest.fixture
async def blog(admin: httpx2.AsyncClient) -> str:
    """A blog to write in; its path."""
    answer = await admin.post("/v1/blogs", json={"id": "petrel", "title": "The night of the Petrel"})
    assert answer.status_code == 201
    return "/v1/blogs/petrel"
