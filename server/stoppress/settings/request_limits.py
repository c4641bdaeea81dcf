"""The limits for requests to the API."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field
from pydantic_settings import BaseSettings

from stoppress.settings.field_types import Count, MediaOriginList
from stoppress.settings.group import Group, When

REQUESTS = Group(
    "Limits for requests", "A request above a limit is rejected: 429 for the rate, 413 or 422 for the size."
)


class RequestLimits(BaseSettings):
    """The limits for requests to the API."""

    rate_limit: Annotated[Count, REQUESTS, When("Raise it if a tool of yours gets 429.")] = Field(
        6_000, description="The most requests per minute with one token, over all processes. 0 means no limit."
    )
    rate_limit_bytes: Annotated[
        Count, REQUESTS, When("Raise it if a tool that uploads many pictures gets 429; lower it to protect the store.")
    ] = Field(
        134_217_728,
        description="The most bytes of request bodies per minute with one token, over all processes. 0 means no limit. "
        "A limit below the largest body counts as that size.",
    )
    wrong_tokens: Annotated[
        Count, REQUESTS, When("Raise it if many editors share an address. 0 lets one client try tokens for ever.")
    ] = Field(
        60,
        description="The most wrong tokens per minute from one address, in each process. 0 means no limit.",
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
        When("Lower it to save memory: 50 million pixels take up to 1.4 GB while a picture is processed."),
    ] = Field(50_000_000, description="The largest picture, in pixels, all frames of an animation together.")
    media_memory: Annotated[
        int, Field(ge=268_435_456), REQUESTS, When("Raise it together with STOPPRESS_MEDIA_PIXELS.")
    ] = Field(
        2_147_483_648,
        description="The most bytes of address space for the process that decodes a picture. A picture that needs more "
        "is rejected.",
    )
    media_cpu_seconds: Annotated[
        int, Field(ge=1, le=600), REQUESTS, When("Raise it if large pictures are rejected on a slow machine.")
    ] = Field(
        30,
        description="How long, in seconds of CPU time, one picture may take. A picture that takes more is rejected.",
    )
    media_origins: Annotated[
        MediaOriginList, REQUESTS, When("Set it so that no other server learns the addresses of your readers.")
    ] = Field(
        "*",
        description="Servers that pictures may come from, besides this one: https origins, comma-separated, * for any, "
        "or empty for none. Pages load pictures from these servers alone, and others are rejected with 422.",
    )
    require_alt: Annotated[bool, REQUESTS, When("Set it if the law asks you for accessible pages.")] = Field(
        False,
        description="Reject scheduled and published posts with a picture that has no `alt` and is not `decorative`. "
        "By default the answer carries a warning.",
    )

    @property
    def bytes_per_minute(self) -> int:
        """The most bytes of request bodies per minute with one token: enough for the largest body. 0: no limit."""
        if not self.rate_limit_bytes:
            return 0
        return max(self.rate_limit_bytes, self.body_limit, self.batch_limit, self.media_limit)
