"""Which tests pytest-xdist may run at the same time: those of different files, with one exception.

A scheduler does this and not the marker `xdist_group`, which xdist 3.8 does not see under pytest 9.2.
"""

from __future__ import annotations

from pathlib import PurePath

from xdist.scheduler import LoadFileScheduling

# Files that keep both processors busy or measure times: no two of them run at once.
DEMANDING = frozenset({"test_any_order", "test_leaks", "test_long", "test_newsroom", "test_openapi", "test_workers"})


class OneDemandingFileAtATime(LoadFileScheduling):  # type: ignore[misc]  # xdist has no types
    """Gives each file to one worker, and all demanding files to the same one."""

    def _split_scope(self, nodeid: str) -> str:
        """The name of the group to which a test belongs; xdist gives each group to one worker."""
        file = nodeid.partition("::")[0]
        return "demanding" if PurePath(file).stem in DEMANDING else file
