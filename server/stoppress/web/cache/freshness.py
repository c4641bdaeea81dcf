"""Reads the current cursors of blogs from the store. Requests that come at the same time share one read.

The rule is that of a group commit. A read that is already under way may return a state from before a request came, so
requests that come during a read share the next one. No request gets a cursor older than itself, and each process has at
most one such read under way, however many requests there are.

A read that takes longer than `patience` is given up, and while the store is known to be away, none is made: the answer
is an error at once, and pages come from memory (page_cache.py).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence

from stoppress.errors import StopPressError, Unavailable
from stoppress.model import Cursor

Read = Callable[[Sequence[str]], Awaitable[Mapping[str, Cursor | None]]]
Outcome = Cursor | StopPressError | None

_log = logging.getLogger("stoppress.web")


class Freshness:
    """The current cursors of public blogs. `read` reads those of several from the store (RedisLog.public_heads).

    `patience` is how many seconds a read may take. `away` returns for how many seconds the store has not answered.
    """

    def __init__(self, read: Read, *, patience: float = 5.0, away: Callable[[], float] = lambda: 0.0) -> None:
        self.read = read
        self._patience = patience
        self._away = away
        self._waiting: dict[str, list[Callable[[Outcome], object]]] = {}
        self._asking: asyncio.Task[None] | None = None

    def ask(self, blog: str, tell: Callable[[Outcome], object]) -> None:
        """Call `tell` later with the blog's cursor, read after this call.

        `tell` gets None when there is no such blog, and an error when the store could not be read.
        """
        self._waiting.setdefault(blog, []).append(tell)
        if self._asking is None:
            # The task starts only after this turn of the event loop, so it includes every request of this turn.
            self._asking = asyncio.get_running_loop().create_task(self._ask())

    async def cursor(self, blog: str) -> Cursor | None:
        """The blog's cursor, read after this call; None when there is no such blog. Raises Unavailable."""
        answer: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()

        def tell(outcome: Outcome) -> None:
            if not answer.done():  # the caller may have been cancelled
                answer.set_result(outcome)

        self.ask(blog, tell)
        outcome = await answer
        if isinstance(outcome, StopPressError):
            raise outcome
        return outcome

    async def _ask(self) -> None:
        soon = asyncio.get_running_loop().call_soon
        try:
            while self._waiting:
                waiting, self._waiting = self._waiting, {}
                found: Mapping[str, Outcome] = dict.fromkeys(waiting, Unavailable("the store could not be read"))
                try:
                    if seconds := self._away():
                        raise Unavailable(f"the store has not answered for {seconds:.0f} s")
                    async with asyncio.timeout(self._patience):
                        found = await self.read(list(waiting))
                except StopPressError as error:
                    found = dict.fromkeys(waiting, error)
                except TimeoutError:
                    found = dict.fromkeys(waiting, Unavailable("the store did not answer in time"))
                except Exception:  # of any kind: whoever asks next must get an answer
                    _log.exception("Unexpected error while reading the cursors of blogs")
                finally:
                    for blog, all_who_asked in waiting.items():
                        for tell in all_who_asked:
                            soon(tell, found[blog])
        finally:
            self._asking = None
