"""All settings.

The variables `STOPPRESS_*`, the flags of `stoppress serve` and docs/settings.md follow this class. A test compares all.

Each field is marked with its group. Groups, and the settings in a group, are shown in the order they have here. A
setting outside the first group also says when to change it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, SecretStr, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from stoppress.origins import Origins


@dataclass(frozen=True)
class Group:
    """Settings that belong together: a section of docs/settings.md and of `stoppress serve --help`."""

    title: str
    about: str


@dataclass(frozen=True)
class When:
    """When to change a setting."""

    text: str


DEPLOYMENT = Group("Deployment", "A deployment sets these. The defaults suit a laptop.")
PROCESSES = Group("Several processes", "These are for several processes that share one Redis or Valkey.")
READERS = Group(
    "Limits for readers", "A new reader above a limit gets 503 with `Retry-After`. Each process counts its own."
)
REQUESTS = Group(
    "Limits for requests", "A request above a limit is rejected: 429 for the rate, 413 or 422 for the size."
)
RETENTION = Group("Retention", "These say how much the store keeps.")
PAGES = Group("Pages", "These say how the pages of blogs look.")
STOPPING = Group("Stopping", "These apply when the server gets SIGTERM or SIGINT.")
DEVELOPMENT = Group("Development", "These help you try Stop Press and find out what it does.")
TUNING = Group("Tuning", "The defaults fit nearly every deployment. Measure before and after you change one.")

GROUPS = (DEPLOYMENT, PROCESSES, READERS, REQUESTS, RETENTION, PAGES, STOPPING, DEVELOPMENT, TUNING)

Seconds = Annotated[float, Field(gt=0, le=86_400)]


def _redis_url(text: str) -> str:
    if not text.startswith(("redis://", "rediss://", "unix://")):
        raise ValueError(f"expected an address of redis://, rediss:// or unix://, but got {text!r}")
    return text


def _origins(text: str) -> str:
    Origins(text)  # raises ValueError
    return text


RedisUrl = Annotated[str, AfterValidator(_redis_url)]
OriginList = Annotated[str, AfterValidator(_origins)]
Count = Annotated[int, Field(ge=0)]


class Settings(BaseSettings):
    """All settings, with their defaults and descriptions."""

    model_config = SettingsConfigDict(env_prefix="STOPPRESS_", extra="ignore", frozen=True)

    host: Annotated[str, DEPLOYMENT] = Field("127.0.0.1", description="The address to listen on.")
    port: Annotated[int, Field(ge=0, le=65_535), DEPLOYMENT] = Field(
        8000, description="The port to listen on. 0 picks a free one."
    )
    public_url: Annotated[str | None, DEPLOYMENT] = Field(
        None,
        description="The address readers use, such as https://live.example.org. By default it comes from each request.",
    )
    trusted_proxies: Annotated[str, DEPLOYMENT] = Field(
        "127.0.0.1",
        description="Proxies whose X-Forwarded-For and X-Forwarded-Proto are believed: addresses or networks, "
        "comma-separated, or * for all.",
    )
    workers: Annotated[int, Field(ge=1, le=64), DEPLOYMENT] = Field(
        1, description="How many processes serve the port. Use about one for each core."
    )
    data: Annotated[Path, DEPLOYMENT] = Field(
        Path("stoppress-data"), description="The folder for the embedded store and for pictures."
    )
    redis_url: Annotated[RedisUrl | None, DEPLOYMENT] = Field(
        None,
        description="A Redis (7 or newer) or Valkey to use instead of the embedded store: a redis://, rediss:// or "
        "unix:// URL.",
    )
    durability: Annotated[Literal["server", "fsync", "replica"], DEPLOYMENT] = Field(
        "server",
        description="When a write to redis_url is acknowledged: as that server is configured (server), after it is on "
        "that server's disk (fsync), or after it is on the disk of a replica too (replica). The embedded store always "
        "writes to disk first.",
    )
    media_url: Annotated[str | None, DEPLOYMENT] = Field(
        None,
        description="A bucket for pictures, s3://BUCKET/PREFIX. Keys, region and endpoint come from the AWS_* "
        "variables. By default pictures are in the data folder.",
    )
    admin_token: Annotated[SecretStr | None, DEPLOYMENT] = Field(
        None, description="A token with every scope and no rate limit, in addition to the tokens in the store."
    )
    origins: Annotated[OriginList, DEPLOYMENT] = Field(
        "*",
        description="Origins whose pages may embed blogs (`<stop-press>`) and open sockets: comma-separated, or * for "
        "any. Blogs are public.",
    )
    log_level: Annotated[Literal["debug", "info", "warning", "error"], DEPLOYMENT] = Field(
        "info", description="The least severe messages to log."
    )

    role: Annotated[
        Literal["all", "api", "hub"],
        PROCESSES,
        When("Set it to keep a rush of readers away from editors: give each their own processes."),
    ] = Field(
        "all",
        description="What this process serves: everything (all), everything except sockets and event streams (api), or "
        "only what readers need (hub). api and hub need redis_url.",
    )
    share_port: Annotated[
        bool, PROCESSES, When("Set it to upgrade on one machine without a moment in which nobody listens.")
    ] = Field(
        False,
        description="Let another Stop Press listen on the same port, so that a new process takes over before you stop "
        "the old one. Needs redis_url.",
    )

    readers_max: Annotated[Count, READERS, When("Lower it if memory or the limit of open files is small.")] = Field(
        15_000, description="The most readers that one process accepts."
    )
    handshakes_per_second: Annotated[
        Count, READERS, When("Lower it if editors wait while thousands of readers reconnect.")
    ] = Field(4_000, description="The most readers that one process accepts within a second. 0 means no limit.")
    readers_per_address: Annotated[
        Count, READERS, When("Set it if single clients open many connections. Whole offices share an address.")
    ] = Field(0, description="The most readers from one IP address. 0 means no limit.")

    rate_limit: Annotated[Count, REQUESTS, When("Raise it if a tool of yours gets 429.")] = Field(
        6_000, description="The most requests per minute with one token, over all processes. 0 means no limit."
    )
    body_limit: Annotated[int, Field(ge=200_000), REQUESTS, When("Raise it if long posts are rejected with 413.")] = (
        Field(1_048_576, description="The largest request body, in bytes.")
    )
    batch_limit: Annotated[
        int, Field(ge=200_000), REQUESTS, When("Raise it if batches of long posts are rejected with 413.")
    ] = Field(8_388_608, description="The largest body of a batch of posts, in bytes.")
    media_limit: Annotated[
        int, Field(ge=100_000), REQUESTS, When("Raise it if pictures are rejected for their bytes.")
    ] = Field(20_971_520, description="The largest picture, in bytes.")
    media_pixels: Annotated[
        int,
        Field(ge=1_000_000, le=150_000_000),
        REQUESTS,
        When("Lower it to save memory: 50 million pixels take up to 700 MiB while a picture is processed."),
    ] = Field(50_000_000, description="The largest picture, in pixels, all frames of an animation together.")

    history: Annotated[
        int, Field(ge=100), RETENTION, When("Lower it to save memory in the store. No reader misses anything.")
    ] = Field(
        10_000,
        description="How many events each blog's stream keeps. Readers with an older cursor catch up from the posts.",
    )
    idempotency_hours: Annotated[
        int, Field(ge=1, le=168), RETENTION, When("Raise it if your tools retry a request after more than a day.")
    ] = Field(24, description="How long, in hours, to remember an Idempotency-Key.")
    audit_entries: Annotated[int, Field(ge=1_000), RETENTION, When("Raise it if the log must reach further back.")] = (
        Field(100_000, description="How many entries the audit log keeps.")
    )

    theme: Annotated[Path | None, PAGES, When("Set it to give pages your colours, type and spacing.")] = Field(
        None, description="A style sheet of your own, loaded after style.css."
    )
    templates: Annotated[Path | None, PAGES, When("Set it to change the markup, not only the look.")] = Field(
        None, description="A folder of templates that replace those of the same name in stoppress/render/templates."
    )
    page_posts: Annotated[
        int, Field(ge=5, le=500), PAGES, When("Change it before the first blog: it changes which posts a page holds.")
    ] = Field(50, description="How many posts a page holds. The newest page holds the remainder as well.")

    drain: Annotated[Seconds, STOPPING, When("Raise it if other processes get too many readers at once.")] = Field(
        5.0, description="How long, in seconds, to disconnect readers in batches. Below 1,000 readers it takes less."
    )
    reconnect_spread: Annotated[
        Seconds, STOPPING, When("Raise it if tens of thousands of readers come back too fast.")
    ] = Field(10.0, description="The span of time, in seconds, over which disconnected readers are told to reconnect.")
    shutdown_timeout: Annotated[
        Seconds,
        STOPPING,
        When("Raise it if uploads are cut off. Whatever stops the server must wait longer."),
    ] = Field(10.0, description="How long, in seconds, to wait for requests that are still running.")

    demo: Annotated[bool, DEVELOPMENT, When("Set it to see a live blog at work.")] = Field(
        False, description="Start with a demo blog that publishes a story."
    )
    access_log: Annotated[bool, DEVELOPMENT, When("Set it to find out what a client sends.")] = Field(
        False, description="Log each request."
    )
    debug: Annotated[bool, DEVELOPMENT, When("Set it to see channels, rings, readers and caches at work.")] = Field(
        False, description="Show the state of the process at /debug, to requests from the same machine only."
    )

    heartbeat: Annotated[
        Seconds, TUNING, When("Lower it if a proxy closes connections that are idle for less than this.")
    ] = Field(25.0, description="How often, in seconds, to send a heartbeat to an idle reader.")
    compress: Annotated[bool, TUNING, When("Switch it off to read messages in a packet capture.")] = Field(
        True, description="Compress messages for readers that support it, once for all of them."
    )
    burst_window: Annotated[
        float, Field(ge=0, le=0.1), TUNING, When("Raise it if a feed publishes many changes a second to many readers.")
    ] = Field(
        0.02, description="How long, in seconds, to collect more changes of a blog after a write. 0 writes each one."
    )
    ring_events: Annotated[
        int, Field(ge=1), TUNING, When("Raise it if many readers catch up from the store after short absences.")
    ] = Field(1_000, description="The most changes of one blog to keep in memory.")
    ring_bytes: Annotated[int, Field(ge=100_000), TUNING, When("Lower it if you follow hundreds of blogs.")] = Field(
        8_000_000, description="The most bytes of one blog's changes to keep in memory."
    )
    linger: Annotated[Seconds, TUNING, When("Lower it if you have thousands of blogs with few readers each.")] = Field(
        60.0, description="How long, in seconds, to follow a blog after its last reader has left."
    )
    verify: Annotated[Seconds, TUNING, When("Raise it if thousands of blogs load the store with checks.")] = Field(
        2.0, description="How often, in seconds, to compare followed blogs with the store."
    )
    write_buffer: Annotated[int, Field(ge=4_096), TUNING, When("Lower it if stalled readers take too much memory.")] = (
        Field(
            65_536,
            description="The most bytes that may wait for one reader. A slow reader gets no more until it catches up.",
        )
    )
    slow_timeout: Annotated[Seconds, TUNING, When("Raise it for readers on very poor networks.")] = Field(
        30.0, description="How long, in seconds, a reader may stay slow before its socket is closed with code 1013."
    )
    page_cache: Annotated[int, Field(ge=1_000_000), TUNING, When("Raise it if readers visit more pages than fit.")] = (
        Field(64_000_000, description="The most bytes of finished pages and feeds to keep in memory.")
    )
    media_workers: Annotated[
        int, Field(ge=1, le=64), TUNING, When("Raise it if uploads wait and there is memory to spare.")
    ] = Field(2, description="How many pictures one process handles at a time.")
    media_timeout: Annotated[Seconds, TUNING, When("Raise it if your bucket is slow.")] = Field(
        20.0, description="How long, in seconds, the bucket may take for one picture before the answer is 503."
    )
    redis_connections: Annotated[
        int, Field(ge=2), TUNING, When("Raise it if requests wait for a free connection to the store.")
    ] = Field(32, description="The most connections to the store.")
    redis_timeout: Annotated[Seconds, TUNING, When("Raise it if the store is far away.")] = Field(
        5.0, description="How long, in seconds, the store may take for one answer."
    )
    durability_timeout: Annotated[Seconds, TUNING, When("Raise it if fsync or replica causes 503 on slow disks.")] = (
        Field(2.0, description="How long, in seconds, WAITAOF may take before the answer is 503.")
    )
    handshake_timeout: Annotated[Seconds, TUNING, When("Raise it if large blogs take longer to open.")] = Field(
        10.0, description="How long, in seconds, the store may take while a socket or event stream opens."
    )
    head_limit: Annotated[
        int, Field(ge=8_192), TUNING, When("Raise it if a proxy adds so many headers that requests get 431.")
    ] = Field(65_536, description="The most bytes of a request's line and headers.")

    @field_validator("role", "share_port")
    @classmethod
    def _several_need_one_store(cls, value: str | bool, info: ValidationInfo) -> str | bool:
        if value not in ("all", False) and info.data.get("redis_url") is None:
            raise ValueError("needs redis_url, because only one process may use the embedded store")
        return value

    @field_validator("demo")
    @classmethod
    def _the_demo_needs_everything(cls, value: bool, info: ValidationInfo) -> bool:
        if value and info.data.get("role", "all") != "all":
            raise ValueError(
                f"needs the role all, because the demo publishes and reads, but got the role {info.data['role']}"
            )
        return value


def group_of(name: str) -> Group:
    """The group of a setting."""
    return next(mark for mark in Settings.model_fields[name].metadata if isinstance(mark, Group))


def settings_in(group: Group) -> list[str]:
    """The names of a group's settings, in order."""
    return [name for name in Settings.model_fields if group_of(name) == group]


def when_to_change(name: str) -> str | None:
    """When to change a setting. None for settings of the first group, which every deployment reviews."""
    return next((mark.text for mark in Settings.model_fields[name].metadata if isinstance(mark, When)), None)
