"""Where blogs stand, asked of the store by all who want to know at the same time as one question.

The rule is that of a group commit: a question that is under way may have been read before you came, so whoever comes
meanwhile shares the next one. Nobody gets an answer older than their question, and the store has at most one question
of this process to answer at a time, however many ask.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence

from stoppress.errors import StopPressError
from stoppress.model import Cursor

Read = Callable[[Sequence[str]], Awaitable[Mapping[str, Cursor | None]]]
Waiting = dict[str, list[asyncio.Future[Cursor | None]]]


class Heads:
    """`read` asks the store about some blogs (store.base.Log.heads)."""

    def __init__(self, read: Read) -> None:
        self._read = read
        self._waiting: Waiting = {}
        self._asking: asyncio.Task[None] | None = None

    def cursor(self, blog: str) -> asyncio.Future[Cursor | None]:
        """The blog's cursor at a moment after this call; None when there is no such blog. The future raises
        Unavailable."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Cursor | None] = loop.create_future()
        self._waiting.setdefault(blog, []).append(answer)
        if self._asking is None:
            # The task begins when all requests that this turn of the loop has read have come here.
            self._asking = loop.create_task(self._ask())
        return answer

    async def _ask(self) -> None:
        try:
            while self._waiting:
                waiting, self._waiting = self._waiting, {}
                try:
                    found = await self._read(list(waiting))
                except StopPressError as error:
                    _fail(waiting, error)
                except BaseException as error:
                    _fail(waiting, error)
                    raise
                else:
                    for blog, answers in waiting.items():
                        for answer in answers:
                            if not answer.done():  # its request may have gone
                                answer.set_result(found[blog])
        finally:
            self._asking = None


def _fail(waiting: Waiting, error: BaseException) -> None:
    for answers in waiting.values():
        for answer in answers:
            if isinstance(error, asyncio.CancelledError):
                answer.cancel()
            elif not answer.done():
                answer.set_exception(error)
