"""The types of settings: what a value may be, and the error that says so."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

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
ProgramName = Annotated[str, Field(min_length=1)]
