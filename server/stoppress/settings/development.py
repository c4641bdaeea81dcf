"""Settings for trying Stop Press and for finding out what it does."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field
from pydantic_settings import BaseSettings

from stoppress.settings.group import Group, When

DEVELOPMENT = Group("Development", "These settings help you try Stop Press and find out what it does.")


class DevelopmentSettings(BaseSettings):
    """Settings for trying Stop Press and for finding out what it does."""

    demo: Annotated[bool, DEVELOPMENT, When("Set it to see a live blog at work.")] = Field(
        False, description="Start with a demo blog that publishes a story."
    )
    access_log: Annotated[bool, DEVELOPMENT, When("Set it to find out what a client sends.")] = Field(
        False, description="Log each request."
    )
    debug: Annotated[bool, DEVELOPMENT, When("Set it to see channels, rings, readers and caches at work.")] = Field(
        False, description="Show the state of the process at /debug, to requests from the same machine only."
    )
    fast_path: Annotated[
        bool, DEVELOPMENT, When("Switch it off to see every request and socket in ASGI middleware.")
    ] = Field(
        True, description="Serve WebSockets and finished pages without ASGI, if the uvicorn release was tested with it."
    )
