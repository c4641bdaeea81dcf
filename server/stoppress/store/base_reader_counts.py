"""The contract of how many read each blog; reader_counts.py keeps to it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol


class Audience(Protocol):
    """How many read each blog, over all processes that share the store."""

    async def report(self, readers: Mapping[str, int], *, holds: float) -> Mapping[str, int]:
        """Say how many read here, which holds for so many seconds unless said again; how many read elsewhere.
        Raises Unavailable."""

    async def others(self, blog: str) -> int:
        """How many read the blog elsewhere. Raises Unavailable."""
