"""The composition root: builds everything, closes everything, and is the only place that knows all parts.

open_store      the store, embedded or elsewhere
serve           the server: one process with the API, the pages and a hub; workers.py runs several of them
"""

from __future__ import annotations

import asyncio
import gc
import logging
import secrets
import signal
import socket
import sys
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import uvicorn
import uvloop

from stoppress.cancellation import end
from stoppress.demo.player import play_at
from stoppress.editing.audit_log import AuditWriter
from stoppress.editing.blogs import Blogs
from stoppress.editing.posts import Posts
from stoppress.editing.schedule import keep_schedule
from stoppress.errors import Unavailable
from stoppress.file_limits import make_room
from stoppress.hub.hub import Hub
from stoppress.hub.socket.connection import inherit
from stoppress.hub.surroundings import Source
from stoppress.media.intake import PictureIntake
from stoppress.media.storage import open_storage
from stoppress.metrics import Metrics
from stoppress.metrics_shared import shared
from stoppress.render.markup import Markup
from stoppress.settings import Settings
from stoppress.store.audience import RedisAudience
from stoppress.store.audit_log import RedisAudit
from stoppress.store.embedded_valkey import EmbeddedValkey
from stoppress.store.redis_store import RedisStore
from stoppress.store.stream import RedisLog
from stoppress.store.tokens import RedisTokens
from stoppress.web.cache.fast_path import fronted
from stoppress.web.cache.page_cache import PageCache
from stoppress.web.context import Context
from stoppress.web.http.head_limit import bounded
from stoppress.web.http.rate_limit import Limits
from stoppress.web.pages.assets import Assets
from stoppress.web.site import site

_log = logging.getLogger("stoppress")
_PACKAGE = Path(__file__).parent


def _client_folder() -> Path:
    """The browser's modules: within the installed package, or beside server/ in a checkout."""
    installed = _PACKAGE / "client"
    return installed if installed.is_dir() else _PACKAGE.parent.parent / "client"


def now() -> datetime:
    """The time, to the millisecond that posts are ordered by."""
    moment = datetime.now(UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


@dataclass(frozen=True, slots=True)
class Stores:
    """The store and what belongs to it, open."""

    store: RedisStore
    log: RedisLog
    tokens: RedisTokens
    audit: RedisAudit
    audience: RedisAudience


@asynccontextmanager
async def open_store(settings: Settings, *, own: bool = False) -> AsyncIterator[Stores]:
    """The store that the settings name. The embedded one is started for as long as this lasts, unless another process
    runs it already; with `own` that is an error. Raises Unavailable."""
    embedded: EmbeddedValkey | None = None
    url = settings.redis_url
    if url is None:
        embedded = EmbeddedValkey(settings.data)
        await asyncio.to_thread(embedded.start if own else embedded.attach)
        url = embedded.url
    stores = Stores(
        RedisStore(url, settings),
        RedisLog(url, settings),
        RedisTokens(url, settings),
        RedisAudit(url, settings),
        RedisAudience(url, settings, process=secrets.token_hex(8)),
    )
    try:
        yield stores
    finally:
        for part in (stores.store, stores.log, stores.tokens, stores.audit, stores.audience):
            await part.close()
        if embedded:
            await asyncio.to_thread(embedded.stop)


class _Server(uvicorn.Server):
    """uvicorn's server, which tells when it listens, and lets the readers go before it stops."""

    def __init__(
        self,
        config: uvicorn.Config,
        hub: Hub,
        listening: Callable[[int], None],
        stop: threading.Event,
        *,
        shared: bool,
    ) -> None:
        super().__init__(config)
        self._hub = hub
        self._shared = shared
        self._listening = listening
        self._stop = stop
        self.ready = False

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        # What lives for good is taken out of the collector's sight: a full collection stops the loop.
        gc.collect()
        gc.freeze()
        self.ready = True
        self._listening(self.servers[0].sockets[0].getsockname()[1])

    async def on_tick(self, counter: int) -> bool:
        # A signal that came before uvicorn listened for them is not forgotten.
        self.should_exit = self.should_exit or self._stop.is_set()
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self.ready = False
        if self._shared:
            # From now on the kernel deals new connections to the others at this port, and to them alone.
            for listening in self.servers:
                listening.close()
        await self._hub.drain()
        await super().shutdown(sockets)


@dataclass(frozen=True, slots=True)
class Token:
    """The token with every scope, if there is one; `shown` is how the welcome names it."""

    text: str | None
    shown: str


@dataclass(frozen=True, slots=True)
class WorkerRole:
    """What a worker among several knows of the others (workers.py)."""

    token: Token
    welcomes: bool  # it tells the operator where everything is
    plays: bool  # it plays the demo, if it is wanted
    folder: Path  # each worker tells its metrics at a socket there
    index: int


def serve(settings: Settings, worker: WorkerRole | None = None) -> None:
    """Run the server until SIGINT or SIGTERM: alone, or as one worker of a crew. Raises Unavailable when it can't
    start."""
    set_up_logging(settings)
    room = make_room(settings.readers_max, settings.redis_connections)
    settings = settings.model_copy(update={"readers_max": room})
    # Before uvicorn listens for signals, and after: it raises them again when it has stopped, and by then we have to
    # close the store, not to die.
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    # While thousands of readers come, a collection of young objects takes about a millisecond, and looks at each reader
    # once; with ten times as many objects it was one stop of 6 to 9 ms.
    gc.set_threshold(10_000, 50, 100)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(settings, worker, stop))


def set_up_logging(settings: Settings) -> None:
    """To standard error, a line each."""
    logging.basicConfig(
        level=settings.log_level.upper(), format="%(asctime)s %(levelname)-7s %(name)s: %(message)s", stream=sys.stderr
    )
    logging.getLogger("uvicorn.access").disabled = not settings.access_log
    logging.getLogger("httpx2").setLevel(logging.WARNING)  # the demo's own requests are no news


async def _serve(settings: Settings, worker: WorkerRole | None, stop: threading.Event) -> None:
    async with open_store(settings, own=worker is None) as stores, AsyncExitStack() as open_still:
        metrics = Metrics()
        client = Assets(_client_folder(), settings.theme)
        client_path = f"/client/{client.fingerprint}"
        markup = Markup(client_path, templates=settings.templates, theme=settings.theme is not None)
        hub = Hub(Source(stores.store, stores.log, stores.audience), markup, settings, metrics)
        blogs, posts = Blogs(stores.store, now), Posts(stores.store, now)
        token = worker.token if worker else await admin_token(settings, stores)
        exposition = (
            await open_still.enter_async_context(shared(metrics, worker.folder, worker.index)) if worker else None
        )
        audit_writer = AuditWriter(stores.audit)
        storage = open_storage(settings.media_url, settings.data / "media", patience=settings.media_timeout)
        intake = PictureIntake(storage, workers=settings.media_workers, pixels=settings.media_pixels)
        page_cache = PageCache(settings, stores.log.heads)
        context = Context(
            settings=settings,
            store=stores.store,
            tokens=stores.tokens,
            blogs=blogs,
            posts=posts,
            markup=markup,
            audit_writer=audit_writer,
            intake=intake,
            page_cache=page_cache,
            limits=Limits(stores.tokens, settings.rate_limit, now),
            metrics=metrics,
            clock=now,
            readers=hub.audience,
            last_delivery=hub.last_delivery,
            ready=lambda: server.ready,
            admin_token=token.text,
            client_path=client_path,
            exposition=exposition,
        )
        application = site(context, client=client, pictures=_PACKAGE / "demo" / "pictures", live=hub.routes)
        protocol = fronted(bounded(settings.head_limit), page_cache, metrics)
        port = asyncio.get_running_loop().create_future()
        shared_port = _shares(settings)
        server = _Server(_uvicorn(settings, hub, application, protocol), hub, port.set_result, stop, shared=shared_port)
        async with asyncio.TaskGroup() as tasks:
            beside = []
            if settings.role != "api":
                beside.append(tasks.create_task(hub.run()))
            if settings.role != "hub":
                beside.append(tasks.create_task(keep_schedule(stores.store, posts, now, every=0.5)))
            tasks.create_task(audit_writer.run())  # ends by itself, when it has written all
            if worker is None or worker.welcomes:
                beside.append(tasks.create_task(_welcome(settings, port, token)))
            if settings.demo and token.text and (worker is None or worker.plays):
                beside.append(tasks.create_task(_play(settings, port, token.text)))
            try:
                await server.serve([listen(settings, hub)])
            finally:
                await audit_writer.stop()
                intake.close()
                await end(beside)


def listen(settings: Settings, hub: Hub) -> socket.socket:
    """The socket to serve on, which several workers may share by address. Raises Unavailable."""
    try:
        family, _, _, _, address = socket.getaddrinfo(
            settings.host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if _shares(settings):
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        listener.bind(address)
    except OSError as error:
        raise Unavailable(f"can't listen on {settings.host}:{settings.port}: {error.strerror or error}") from error
    inherit(listener, silence=hub.silence, unsent=settings.write_buffer)
    return listener


def _shares(settings: Settings) -> bool:
    """Whether others may listen on the same port: workers of one crew, or what takes over from this process."""
    return settings.workers > 1 or settings.share_port


def _uvicorn(settings: Settings, hub: Hub, application: object, protocol: type[asyncio.Protocol]) -> uvicorn.Config:
    return uvicorn.Config(
        application,  # type: ignore[arg-type]
        host=settings.host,
        port=settings.port,
        http=hub.first_protocol(protocol),
        ws=hub.socket_protocol,
        lifespan="off",
        log_config=None,
        access_log=settings.access_log,
        server_header=False,
        proxy_headers=True,
        forwarded_allow_ips=settings.trusted_proxies,
        timeout_graceful_shutdown=int(settings.shutdown_timeout) or 1,
    )


async def admin_token(settings: Settings, stores: Stores) -> Token:
    """The operator's own token, or one for this run where somebody tries Stop Press on their own machine."""
    if settings.admin_token:
        return Token(settings.admin_token.get_secret_value(), "the one in STOPPRESS_ADMIN_TOKEN")
    alone = settings.host in ("127.0.0.1", "::1", "localhost") and not await stores.tokens.all()
    if settings.demo or alone:
        text = f"run_{secrets.token_urlsafe(24)}"
        return Token(text, f"{text}  (for this run; `stoppress token create` makes lasting ones)")
    return Token(None, "make one with `stoppress token create`")


def _url(settings: Settings, port: int) -> str:
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return f"http://{host}:{port}"


async def _welcome(settings: Settings, listening: asyncio.Future[int], token: Token) -> None:
    """Say where everything is, once it is there."""
    url = _url(settings, await asyncio.shield(listening))
    page = f"Page      {url}/blogs/demo" if settings.demo else f"Pages     {url}/"
    lines = [page, f"API docs  {url}/docs", f"Token     {token.shown}"]
    sys.stdout.write("\nStop Press is ready.\n\n" + "".join(f"  {line}\n" for line in lines) + "\n")
    sys.stdout.flush()


async def _play(settings: Settings, listening: asyncio.Future[int], token: str) -> None:
    """Play the demo, or go on with it."""
    await play_at(_url(settings, await asyncio.shield(listening)), token)
