"""Where blogs stand, asked of the store by all who want to know at the same time as one question.

The rule is that of a group commit: a question that is under way may have been read before you came, so whoever comes
meanwhile shares the next one. Nobody gets an answer older than their question, and the store has at most one question
of this process to answer at a time, however many ask.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence

from stoppress.errors import StopPressError, Unavailable
from stoppress.model import Cursor

Read = Callable[[Sequence[str]], Awaitable[Mapping[str, Cursor | None]]]
Outcome = Cursor | StopPressError | None


class Freshness:
    """`read` asks the store about some blogs (store.base.Log.heads)."""

    def __init__(self, read: Read) -> None:
        self.read = read
        self._waiting: dict[str, list[Callable[[Outcome], object]]] = {}
        self._asking: asyncio.Task[None] | None = None

    def ask(self, blog: str, tell: Callable[[Outcome], object]) -> None:
        """Have `tell` called with the blog's cursor at a moment after this call: None when there is no such blog, an
        error when the store could not be asked."""
        self._waiting.setdefault(blog, []).append(tell)
        if self._asking is None:
            # It begins when all that this turn of the loop has read has come here.
            self._asking = asyncio.get_running_loop().create_task(self._ask())

    async def cursor(self, blog: str) -> Cursor | None:
        """The same, to be waited for. Raises Unavailable."""
        answer: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()

        def tell(outcome: Outcome) -> None:
            if not answer.done():  # whoever asked may have gone
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
                found: Mapping[str, Outcome] = dict.fromkeys(waiting, Unavailable("the store could not be asked"))
                try:
                    found = await self.read(list(waiting))
                except StopPressError as error:
                    found = dict.fromkeys(waiting, error)
                finally:
                    for blog, all_who_asked in waiting.items():
                        for tell in all_who_asked:
                            soon(tell, found[blog])
        finally:
            self._asking = None
