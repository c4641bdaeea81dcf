"""The contract of the tokens that editors and tools have; tokens.py keeps to it. Each method raises Unavailable."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class TokenRecord:
    """A token as it is kept: never its secret, but `digest`, the SHA-256 of it in hex."""

    id: str
    digest: str
    name: str
    scopes: tuple[str, ...]
    blogs: tuple[str, ...]
    created_at: datetime
    expires_at: datetime | None


class Tokens(Protocol):
    """The tokens. Read at every request, so that what is revoked here is refused everywhere at once."""

    async def add(self, token: TokenRecord) -> None:
        """Keep it."""

    async def get(self, token: str) -> TokenRecord | None:
        """The token of this id, expired or not."""

    async def all(self) -> Sequence[TokenRecord]:
        """All, oldest first."""

    async def remove(self, token: str) -> bool:
        """Forget it; False when there was none."""

    async def count(self, token: str, window: int, by: int, *, seconds: int) -> int:
        """Count `by` requests of a token in a window of time, which is remembered for `seconds`; how many had been
        counted before."""
