"""The interface of the tokens of editors and tools. tokens.py implements it. Each method raises Unavailable."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class TokenRecord:
    """A token as stored: without its secret, but with `digest`, the secret's SHA-256 in hex."""

    id: str
    digest: str
    name: str
    scopes: tuple[str, ...]
    blogs: tuple[str, ...]
    created_at: datetime
    expires_at: datetime | None


class Tokens(Protocol):
    """The tokens. They are read at every request, so a revoked token is rejected everywhere at once."""

    async def add(self, token: TokenRecord) -> None:
        """Store a token."""

    async def get(self, token: str) -> TokenRecord | None:
        """The token with this id, even if it has expired."""

    async def all(self) -> Sequence[TokenRecord]:
        """All tokens, oldest first."""

    async def remove(self, token: str) -> bool:
        """Delete a token. False if there is none with this id."""

    async def count(self, token: str, window: int, by: int, *, seconds: int) -> int:
        """Add `by` requests to a token's count in a time window, and return the count before.

        The window's count is kept for `seconds`.
        """

    async def preview_key(self) -> bytes:
        """The key that signs preview links. It is made when it is first needed, and the same in every process."""
