"""The interface of the reader counts, summed over processes. reader_counts.py implements it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol


class Audience(Protocol):
    """The number of readers of each blog, over all processes that share the store."""

    async def report(self, readers: Mapping[str, int], *, holds: float) -> Mapping[str, int]:
        """Report this process's readers by blog, and return those of the other processes.

        The report expires after `holds` seconds unless it is renewed. Raises Unavailable.
        """

    async def others(self, blog: str) -> int:
        """The number of the blog's readers in other processes. Raises Unavailable."""
