"""The settings for how much the store keeps."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field
from pydantic_settings import BaseSettings

from stoppress.settings.group import Group, When

RETENTION = Group("Retention", "These settings say how much the store keeps.")


class RetentionSettings(BaseSettings):
    """The settings for how much the store keeps."""

    history: Annotated[
        int, Field(ge=100), RETENTION, When("Lower it to save memory in the store. No reader misses anything.")
    ] = Field(
        10_000,
        description="How many events each blog's stream keeps. Readers with an older cursor catch up from the posts.",
    )
    embedded_memory: Annotated[
        int, Field(ge=16_000_000), RETENTION, When("Raise it if writes are 503 because the store's memory is full.")
    ] = Field(
        1_073_741_824,
        description="The most bytes of memory for the data of the embedded store. Above it, writes are 503, and "
        "everything that readers need still works. Your own Redis has its `maxmemory`.",
    )
    idempotency_hours: Annotated[
        int, Field(ge=1, le=168), RETENTION, When("Raise it if your tools retry a request after more than a day.")
    ] = Field(24, description="How long, in hours, to remember an Idempotency-Key.")
    preview_hours: Annotated[
        int,
        Field(ge=1, le=720),
        RETENTION,
        When("Lower it if previews are passed on to people who should not see them."),
    ] = Field(72, description="How long, in hours, a preview link of a private blog works.")
    audit_entries: Annotated[int, Field(ge=1_000), RETENTION, When("Raise it if the log must reach further back.")] = (
        Field(100_000, description="How many entries of writes the audit log keeps.")
    )
    audit_refused_entries: Annotated[
        int, Field(ge=1_000), RETENTION, When("Raise it if you investigate refused requests that are long past.")
    ] = Field(
        20_000,
        description="How many entries of refused requests the audit log keeps. They displace no entries of writes.",
    )
    audit_days: Annotated[int, Field(ge=1, le=3_650), RETENTION, When("Lower it if a rule for personal data asks.")] = (
        Field(365, description="How long, in days, the audit log keeps an entry.")
    )
    audit_addresses: Annotated[
        Literal["short", "whole", "none"], RETENTION, When("`whole` helps to find an intruder. Say so to the editors.")
    ] = Field(
        "short",
        description="The part of an editor's address that the audit log keeps: `short` is its network, such as "
        "192.0.2.0 or 2001:db8:1::, `whole` is all of it, and `none` is nothing.",
    )
