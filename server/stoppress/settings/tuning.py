"""Settings for intervals, buffers and timeouts, whose defaults fit nearly every deployment."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field
from pydantic_settings import BaseSettings

from stoppress.settings.field_types import ProgramName, Seconds
from stoppress.settings.group import Group, When

TUNING = Group(
    "Tuning", "The defaults of these settings fit nearly every deployment. Measure before and after you change one."
)


class TuningSettings(BaseSettings):
    """Settings for intervals, buffers and timeouts, whose defaults fit nearly every deployment."""

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
    catch_up_changes: Annotated[
        int, Field(ge=1), TUNING, When("Lower it if many readers with slow devices come back after long absences.")
    ] = Field(
        200,
        description="The most changes that a reader of the html form catches up with. One that lacks more loads the "
        "page again.",
    )
    catch_up_bytes: Annotated[int, Field(ge=10_000), TUNING, When("Lower it if readers pay for their traffic.")] = (
        Field(
            500_000,
            description="The most bytes of changes that a reader of the html form catches up with, if they are more "
            "than the posts of a page. One that lacks more loads the page again.",
        )
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
            description="The most bytes that may wait for one reader. A slow reader gets no further messages until it "
            "catches up.",
        )
    )
    slow_timeout: Annotated[Seconds, TUNING, When("Raise it for readers on very poor networks.")] = Field(
        30.0, description="How long, in seconds, a reader may stay slow before its socket is closed with code 1013."
    )
    loop_limit: Annotated[Seconds, TUNING, When("Lower it to find out what makes readers wait for moments.")] = Field(
        0.1,
        description="How long, in seconds, one request or task may hold the event loop before the log and "
        "`stoppress_loop_held_seconds` name it.",
    )
    page_cache: Annotated[int, Field(ge=1_000_000), TUNING, When("Raise it if readers visit more pages than fit.")] = (
        Field(64_000_000, description="The most bytes of finished pages and feeds to keep in memory.")
    )
    content_workers: Annotated[
        int, Field(ge=1, le=64), TUNING, When("Raise it if long posts wait and cores are idle.")
    ] = Field(2, description="How many processes parse and sanitise long posts, for one process of the server.")
    content_timeout: Annotated[Seconds, TUNING, When("Raise it if long posts are refused on a slow machine.")] = Field(
        10.0, description="How long, in seconds, it may take to parse or sanitise a post before the answer is 422."
    )
    media_workers: Annotated[
        int, Field(ge=1, le=64), TUNING, When("Raise it if uploads wait and there is memory to spare.")
    ] = Field(2, description="How many pictures one process handles at a time.")
    media_timeout: Annotated[Seconds, TUNING, When("Raise it if your bucket is slow.")] = Field(
        20.0, description="How long, in seconds, the bucket may take for one picture before the answer is 503."
    )
    store_binary: Annotated[
        ProgramName | None, TUNING, When("Set it to choose among several servers on the machine.")
    ] = Field(
        None,
        description="The program that the embedded store runs: a Valkey, or a Redis 7.0 or newer, as a path or a name "
        "on PATH. By default it is the one from the extra [embedded], else valkey-server or redis-server on PATH.",
    )
    redis_connections: Annotated[
        int, Field(ge=2), TUNING, When("Raise it if requests wait for a free connection to the store.")
    ] = Field(32, description="The most connections to the store.")
    redis_timeout: Annotated[Seconds, TUNING, When("Raise it if the store is far away.")] = Field(
        5.0, description="How long, in seconds, the store may take for one answer."
    )
    store_patience: Annotated[Seconds, TUNING, When("Raise it if the store often pauses for longer.")] = Field(
        1.0, description="How long, in seconds, the store may be silent before pages and feeds come from memory."
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
