"""Parses, checks and sanitises large input in child processes.

Parsing and validating JSON are single calls that keep the interpreter's lock, and Markdown is pure Python. In a thread
they would still stop or slow down the event loop, and a thread can't be ended. A child process can be killed when it
takes too long, and has a limit on its memory. Short input is handled in this process, because it takes a few
milliseconds (docs/decisions/0054).

anyio.to_process runs the functions. It starts a child at the first call and keeps it for later ones.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar, TypeVarTuple

from anyio import BrokenWorkerProcess, CapacityLimiter, to_process
from pydantic import BaseModel

from stoppress.editing.inputs import PostBatch, parse, parse_batch
from stoppress.editing.json_text import parse_json
from stoppress.errors import FieldError, Invalid, Unavailable
from stoppress.fields import BODY_MAX
from stoppress.process_limits import limit_this_process
from stoppress.sanitize import BodyFormat, publishable

JSON_HERE = 65_536  # bytes of JSON that are parsed in this process: 2 ms
BODIES_HERE = 2_000  # characters of bodies that are sanitised in this process: mostly below 1 ms, 40 ms at the worst
BODIES_AT_ONCE = BODY_MAX  # characters of bodies, of one post or several, that one call of a child sanitises
WAITING_MAX = 32  # requests that may wait for a child; each keeps its input in memory
_MEMORY = 1024 * 1024 * 1024  # bytes of address space of a child

Body = tuple[str, BodyFormat]
Result = TypeVar("Result")
Arguments = TypeVarTuple("Arguments")


class ContentWorkers:
    """At most `processes` children at a time. Each call of one may take `seconds`; then it is killed."""

    def __init__(self, *, processes: int = 2, seconds: float = 10.0) -> None:
        self._processes = processes
        self._seconds = seconds
        self._places = CapacityLimiter(processes)
        self._under_way = 0
        self._starting = asyncio.Lock()

    async def read(self, content: bytes, model: type[BaseModel] | None = None) -> Any:
        """The JSON value in `content`. If it was large, and a `model` is given, it is the validated model instead.

        Raises:
            Invalid: 400 if it is not JSON; 422 as `inputs.parse` and `run` do.
            Unavailable: too many requests are waiting.
        """
        if len(content) <= JSON_HERE:
            return parse_json(content)
        return await self.run(_read, content, model)

    async def html_of(self, bodies: Sequence[Body]) -> list[str | Invalid]:
        """Each body as HTML that is safe to publish, or the error that refuses it, with the pointer `/body`.

        Raises Invalid and Unavailable, as `run` does.
        """
        made: list[str | Invalid] = []
        for some in _portions(bodies):
            if sum(len(body) for body, _ in some) <= BODIES_HERE:
                made += _html_of(some)
                await asyncio.sleep(0)
            else:
                made += await self.run(_html_of, some)
        return made

    async def html(self, body: str, body_format: BodyFormat) -> str:
        """One body as HTML that is safe to publish. Raises Invalid and Unavailable."""
        [made] = await self.html_of([(body, body_format)])
        if isinstance(made, Invalid):
            raise made
        return made

    async def run(self, function: Callable[[*Arguments], Result], *arguments: *Arguments) -> Result:
        """The result of a function of a module, called in a child.

        Raises:
            Invalid: it took too long or too much memory.
            Unavailable: too many requests are waiting, or no child can be started.
            Exception: what the function raises.
        """
        if self._under_way >= self._processes + WAITING_MAX:
            raise Unavailable("too many large texts are being processed; try again in 5 s", retry_after=5)
        self._under_way += 1
        try:
            async with self._places:
                return await self._run(function, *arguments)
        finally:
            self._under_way -= 1

    async def _run(self, function: Callable[[*Arguments], Result], *arguments: *Arguments) -> Result:
        # A limiter for each call: `_places` limits them all.
        try:
            # Without the limit on time, because the first call starts a process.
            async with self._starting:
                with _without_main_file():
                    await to_process.run_sync(_limit, limiter=CapacityLimiter(1))
        except (BrokenWorkerProcess, OSError) as error:
            raise Unavailable(f"no process for large texts can be started: {error}", retry_after=5) from error
        try:
            async with asyncio.timeout(self._seconds):
                return await to_process.run_sync(
                    _limited, function, *arguments, cancellable=True, limiter=CapacityLimiter(1)
                )
        except TimeoutError as error:
            raise _refusal(f"it took longer than {self._seconds:g} s to process; make it shorter or simpler") from error
        except (MemoryError, BrokenWorkerProcess) as error:
            raise _refusal("it took too much memory to process; make it shorter or simpler") from error


@contextmanager
def _without_main_file() -> Iterator[None]:
    """Hide the file of this process's main module from anyio, whose children would run that file again.

    The file of `python -m granian`, for example, starts a server without asking whether it is the main module.
    """
    main = sys.modules["__main__"].__dict__
    file = main.pop("__file__", None)
    try:
        yield
    finally:
        if file is not None:
            main["__file__"] = file


def _refusal(detail: str) -> Invalid:
    return Invalid(f"body: {detail}", [FieldError("/body", detail)])


def _portions(bodies: Sequence[Body]) -> list[list[Body]]:
    """The bodies in portions of at most BODIES_AT_ONCE characters, or of one body."""
    portions: list[list[Body]] = []
    room = 0
    for body in bodies:
        if not portions or len(body[0]) > room:
            portions.append([])
            room = BODIES_AT_ONCE
        portions[-1].append(body)
        room -= len(body[0])
    return portions


# What follows runs in a child.


def _limit() -> None:
    limit_this_process(memory=_MEMORY)


def _limited(function: Callable[[*Arguments], Result], *arguments: *Arguments) -> Result:
    _limit()
    return function(*arguments)


def _read(content: bytes, model: type[BaseModel] | None) -> Any:
    value = parse_json(content)
    if model is None:
        return value
    return parse_batch(value) if model is PostBatch else parse(model, value)


def _html_of(bodies: Sequence[Body]) -> list[str | Invalid]:
    made: list[str | Invalid] = []
    for body, body_format in bodies:
        try:
            made.append(publishable(body, body_format))
        except Invalid as error:
            made.append(error)
    return made
