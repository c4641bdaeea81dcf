"""The limits for readers."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field
from pydantic_settings import BaseSettings

from stoppress.settings.field_types import Count
from stoppress.settings.group import Group, When

READERS = Group(
    "Limits for readers", "A new reader above a limit gets 503 with `Retry-After`. Each process counts its own readers."
)


class ReaderLimits(BaseSettings):
    """The limits for readers."""

    readers_max: Annotated[Count, READERS, When("Lower it if memory or the limit of open files is small.")] = Field(
        15_000, description="The most readers that one process accepts."
    )
    handshakes_per_second: Annotated[
        Count, READERS, When("Lower it if editors wait while thousands of readers reconnect.")
    ] = Field(4_000, description="The most readers that one process accepts within a second. 0 means no limit.")
    readers_per_address: Annotated[
        Count, READERS, When("Set it if single clients open many connections. Whole offices share an address.")
    ] = Field(0, description="The most readers from one IP address. 0 means no limit.")
