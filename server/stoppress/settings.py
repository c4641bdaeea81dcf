"""Every setting, once: the environment (`STOPPRESS_*`), the flags of `stoppress serve` and docs/settings.md
are all read off this class, and a test holds the three together."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, SecretStr, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from stoppress.origins import Origins

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
    """What can be set, with its default and its meaning."""

    model_config = SettingsConfigDict(env_prefix="STOPPRESS_", extra="ignore", frozen=True)

    # Where it listens, and who it is to the outside
    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: Annotated[int, Field(ge=0, le=65_535)] = Field(8000, description="Port to listen on; 0 takes a free one.")
    workers: Annotated[int, Field(ge=1, le=64)] = Field(
        1, description="Processes that serve, on the same port; about one for each core."
    )
    public_url: str | None = Field(
        None,
        description="The address readers use, such as https://live.example.org; by default taken from each request.",
    )
    trusted_proxies: str = Field(
        "127.0.0.1",
        description="Proxies whose X-Forwarded-For and -Proto count: addresses or networks, comma-separated, or *.",
    )

    # What it keeps, and how surely
    data: Path = Field(Path("stoppress-data"), description="Folder of the embedded store.")
    redis_url: RedisUrl | None = Field(
        None,
        description="A Redis (7 or newer) or Valkey to use instead of the embedded store; redis://, rediss:// or unix://.",
    )
    durability: Literal["server", "fsync", "replica"] = Field(
        "server",
        description="When a write at redis_url counts as kept: as that server is configured; after WAITAOF on it; "
        "or after WAITAOF on it and one replica. The embedded store always writes to disk first.",
    )
    durability_timeout: Seconds = Field(2.0, description="How long WAITAOF may take before the answer is 503.")
    redis_timeout: Seconds = Field(5.0, description="How long one answer of the store may take.")
    redis_connections: Annotated[int, Field(ge=2)] = Field(32, description="Connections to the store, at most.")
    history: Annotated[int, Field(ge=100)] = Field(
        10_000, description="Events kept in each blog's stream. Older readers catch up from the posts themselves."
    )
    idempotency_hours: Annotated[int, Field(ge=1, le=168)] = Field(
        24, description="How long an Idempotency-Key is remembered."
    )

    # What it does among others
    role: Literal["all", "api", "hub"] = Field(
        "all",
        description="What this process serves: everything; all but sockets and event streams; or only what readers "
        "need. The latter two need redis_url.",
    )
    share_port: bool = Field(
        False,
        description="Let another Stop Press listen on the same port, so that a new one takes the readers over before "
        "the old one is stopped. Needs redis_url.",
    )

    # Who may
    admin_token: SecretStr | None = Field(None, description="A token with every scope, besides those in the store.")
    rate_limit: Count = Field(
        6_000, description="Requests that one token may make in a minute, over all processes; 0 is no limit."
    )
    audit_entries: Annotated[int, Field(ge=1_000)] = Field(100_000, description="Entries kept in the audit log.")
    origins: OriginList = Field(
        "*",
        description="Origins whose pages may show blogs (`<stop-press>`) and open sockets: comma-separated, or * for "
        "any. Blogs are public.",
    )

    # What readers get
    heartbeat: Seconds = Field(25.0, description="Seconds between two heartbeats to an idle reader.")
    readers_max: Count = Field(15_000, description="Readers in this process, at most; further ones get 503.")
    handshakes_per_second: Count = Field(
        4_000,
        description="Readers that this process takes in within a second, at most; further ones get 503; 0 is no limit.",
    )
    readers_per_address: Count = Field(0, description="Readers from one address, at most; 0 is no limit.")
    ring_events: Annotated[int, Field(ge=1)] = Field(1_000, description="Changes of a blog kept in memory, at most.")
    ring_bytes: Annotated[int, Field(ge=100_000)] = Field(8_000_000, description="Bytes of them, at most.")
    write_buffer: Annotated[int, Field(ge=4_096)] = Field(
        65_536, description="Bytes waiting for one reader before it counts as slow and gets nothing more for now."
    )
    slow_timeout: Seconds = Field(30.0, description="How long a reader may stay slow before it is closed with 1013.")
    compress: bool = Field(True, description="Compress what readers get, where they take it: once for all of them.")
    burst_window: Annotated[float, Field(ge=0, le=0.1)] = Field(
        0.02, description="Seconds within which further changes of a blog are joined into one write for each reader."
    )
    linger: Seconds = Field(60.0, description="How long a blog without readers is still followed.")
    verify: Seconds = Field(
        2.0, description="Seconds between two checks that what is followed is still what is stored."
    )
    page_posts: Annotated[int, Field(ge=5, le=500)] = Field(
        50, description="Posts on a page; the first page holds this many and the remainder."
    )
    page_cache: Annotated[int, Field(ge=1_000_000)] = Field(
        64_000_000, description="Bytes of finished pages and feeds kept in memory, at most."
    )
    theme: Path | None = Field(
        None, description="A style sheet of the newsroom's own, loaded after style.css: colours, type, spacing."
    )
    templates: Path | None = Field(
        None, description="Folder of templates that stand in for those of the same name in stoppress/render/templates."
    )

    # What it takes in
    body_limit: Annotated[int, Field(ge=200_000)] = Field(1_048_576, description="Bytes of a request's body, at most.")
    batch_limit: Annotated[int, Field(ge=200_000)] = Field(
        8_388_608, description="Bytes of the body of a batch of posts, at most."
    )
    media_limit: Annotated[int, Field(ge=100_000)] = Field(20_971_520, description="Bytes of a picture, at most.")
    media_pixels: Annotated[int, Field(ge=1_000_000, le=150_000_000)] = Field(
        50_000_000, description="Pixels of a picture, all frames together, at most."
    )
    media_workers: Annotated[int, Field(ge=1, le=64)] = Field(2, description="Pictures made at a time.")
    media_url: str | None = Field(
        None,
        description="A bucket for pictures, s3://BUCKET/PREFIX, with the AWS_* variables for keys, region and "
        "endpoint; by default they are kept in the data folder.",
    )
    media_timeout: Seconds = Field(
        20.0, description="How long the bucket may take for one picture before the answer is 503."
    )
    head_limit: Annotated[int, Field(ge=8_192)] = Field(
        65_536, description="Bytes of a request's line and headers, at most."
    )
    handshake_timeout: Seconds = Field(10.0, description="How long opening a socket may take.")
    shutdown_timeout: Seconds = Field(10.0, description="How long requests under way may take at a stop.")
    drain: Seconds = Field(
        5.0, description="At a stop, readers are let go in batches over this long; fewer than a thousand, over less."
    )
    reconnect_spread: Seconds = Field(
        10.0, description="At a stop, readers are asked to come back spread over this long."
    )

    # Around it
    demo: bool = Field(False, description="Start with a demo blog that goes on while one looks.")
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="What is logged.")
    access_log: bool = Field(False, description="Log each request.")

    @field_validator("role", "share_port")
    @classmethod
    def _several_need_one_store(cls, value: str | bool, info: ValidationInfo) -> str | bool:
        if value not in ("all", False) and info.data.get("redis_url") is None:
            raise ValueError("needs redis_url: only one process may have the embedded store")
        return value

    @field_validator("demo")
    @classmethod
    def _the_demo_needs_everything(cls, value: bool, info: ValidationInfo) -> bool:
        if value and info.data.get("role", "all") != "all":
            raise ValueError(f"the demo publishes and reads, but this process has the role {info.data['role']}")
        return value
