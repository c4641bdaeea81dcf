"""The settings that a deployment reviews: addresses, the store, media, the admin token, origins."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr, ValidationInfo, field_validator
from pydantic_settings import BaseSettings

from stoppress.settings.field_types import OriginList, ProxyList, RedisUrl
from stoppress.settings.group import Group, HoldsSecret

ADMIN_TOKEN_LENGTH = 32  # characters; as hexadecimal digits they have 128 bits, which nobody can guess

DEPLOYMENT = Group("Deployment", "A deployment usually sets these settings. The defaults suit a laptop.")


class DeploymentSettings(BaseSettings):
    """The settings that a deployment reviews: addresses, the store, media, the admin token, origins."""

    host: Annotated[str, DEPLOYMENT] = Field("127.0.0.1", description="The address to listen on.")
    port: Annotated[int, Field(ge=0, le=65_535), DEPLOYMENT] = Field(
        8000, description="The port to listen on. 0 picks a free one."
    )
    public_url: Annotated[str | None, DEPLOYMENT] = Field(
        None,
        description="The address readers use, such as https://live.example.org. By default the address comes from each "
        "request.",
    )
    trusted_proxies: Annotated[ProxyList, DEPLOYMENT] = Field(
        "",
        description="Proxies whose X-Forwarded-For and X-Forwarded-Proto are believed: addresses or networks, "
        "comma-separated, or * for all. Set it to 127.0.0.1 for a proxy on the same machine.",
    )
    workers: Annotated[int, Field(ge=1, le=64), DEPLOYMENT] = Field(
        1, description="How many processes serve the port. Use about one for each core."
    )
    data: Annotated[Path, DEPLOYMENT] = Field(
        Path("stoppress-data"), description="The folder for the embedded store and for pictures."
    )
    redis_url: Annotated[RedisUrl | None, DEPLOYMENT, HoldsSecret()] = Field(
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
        None,
        description="A token with every scope and no rate limit, in addition to the tokens in the store. It has at "
        "least 32 characters, such as the output of `openssl rand -hex 32`.",
    )
    origins: Annotated[OriginList, DEPLOYMENT] = Field(
        "*",
        description="Origins whose pages may embed blogs (`<stop-press>`) and open sockets: comma-separated, or * for "
        "any. Blogs are public.",
    )
    log_level: Annotated[Literal["debug", "info", "warning", "error"], DEPLOYMENT] = Field(
        "info", description="The least severe messages to log."
    )

    @field_validator("admin_token")
    @classmethod
    def _nobody_can_guess_it(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and len(value.get_secret_value()) < ADMIN_TOKEN_LENGTH:
            raise ValueError(
                f"expected at least {ADMIN_TOKEN_LENGTH} characters, but got {len(value.get_secret_value())}; create "
                "one with `openssl rand -hex 32`"
            )
        return value

    @field_validator("durability")
    @classmethod
    def _a_replica_needs_a_store_that_has_one(cls, value: str, info: ValidationInfo) -> str:
        if value == "replica" and info.data.get("redis_url") is None:
            raise ValueError("needs redis_url, because the embedded store has no replica")
        return value
