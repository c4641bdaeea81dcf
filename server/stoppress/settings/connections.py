"""The limits for connections whose request is not complete."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field
from pydantic_settings import BaseSettings

from stoppress.settings.field_types import Seconds
from stoppress.settings.group import Group, When

CONNECTIONS = Group(
    "Limits for connections",
    "A connection whose request does not arrive in time is closed, and told so (408) if part of it came. `stoppress "
    "serve` enforces these limits on its fast path; other ASGI servers have their own.",
)


class ConnectionLimitSettings(BaseSettings):
    """The limits for connections whose request is not complete."""

    head_timeout: Annotated[
        Seconds, CONNECTIONS, When("Raise it for clients on very poor networks that connect without a proxy.")
    ] = Field(
        10.0,
        description="How long, in seconds, a connection may take from its first moment to the end of a request's "
        "headers. It applies to handshakes of WebSockets too.",
    )
    body_timeout: Annotated[Seconds, CONNECTIONS, When("Raise it if uploads over poor networks pause for longer.")] = (
        Field(10.0, description="How long, in seconds, each span is over which body_rate is measured.")
    )
    body_rate: Annotated[
        int, Field(ge=1), CONNECTIONS, When("Lower it if uploads over very slow networks are cut off with 408.")
    ] = Field(500, description="The fewest bytes per second at which the body of a request may arrive.")
    keep_alive: Annotated[
        Seconds, CONNECTIONS, When("Raise it if a proxy keeps idle connections to this server for longer.")
    ] = Field(5.0, description="How long, in seconds, a connection stays open after an answer, for the next request.")
    waiting_connections: Annotated[
        int, Field(ge=10), CONNECTIONS, When("Raise it if `stoppress_connections_closed_total` counts the reason full.")
    ] = Field(
        800,
        description="The most connections of one process without a complete request: new, idle, or still sending. "
        "Beyond it, the one that has waited longest is closed.",
    )
