"""Settings for several processes that share one store."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator
from pydantic_settings import BaseSettings

from stoppress.settings.group import Group, When

PROCESSES = Group("Several processes", "These settings are for several processes that share one Redis or Valkey.")


class ProcessSettings(BaseSettings):
    """Settings for several processes that share one store."""

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

    @field_validator("role", "share_port")
    @classmethod
    def _several_need_one_store(cls, value: str | bool, info: ValidationInfo) -> str | bool:
        if value not in ("all", False) and info.data.get("redis_url") is None:
            raise ValueError("needs redis_url, because only one process may use the embedded store")
        return value
