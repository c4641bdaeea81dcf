"""Joins bursts: when a blog changes fast, the tail waits for some time after the blog's last fan-out began, and reads
it again.

By then the stream has several changes, and each reader gets them in one write. A change after a quiet moment goes out
at once, and other blogs don't wait.
"""

from __future__ import annotations


class BurstWindow:
    """The blogs that are not read again yet. Times are by one clock, in seconds."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._until: dict[str, float] = {}

    def __contains__(self, blog: str) -> bool:
        return blog in self._until

    def open(self, blog: str, now: float) -> None:
        """A fan-out of the blog begins."""
        self._until[blog] = now + self._seconds

    def close_past(self, now: float) -> float | None:
        """Let go of the blogs whose time is up; how many seconds until the next one, or None when none is left."""
        self._until = {blog: until for blog, until in self._until.items() if until > now}
        return min(self._until.values()) - now if self._until else None
