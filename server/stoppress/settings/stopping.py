"""The settings for what happens when the server is asked to stop."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field
from pydantic_settings import BaseSettings

from stoppress.settings.field_types import Seconds
from stoppress.settings.group import Group, When

STOPPING = Group("Stopping", "These settings apply when the server gets SIGTERM or SIGINT.")


class StoppingSettings(BaseSettings):
    """The settings for what happens when the server is asked to stop."""

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
