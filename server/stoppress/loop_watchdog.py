"""Finds what holds the event loop, and names it in the log and in a metric.

A thread asks the loop to run a callback, and waits for it. If that takes too long, something holds the loop: the thread
looks which task runs and in which function. It looks while the loop is still held, because afterwards nothing tells.
asyncio's own debug mode finds slow callbacks as well, but makes every callback slower, and uvloop has no such mode.

A task is known by its name: an HTTP request names its task after its route and size (`name_request`), and the tasks of
the hub have names of their own.
"""

from __future__ import annotations

import asyncio
import logging
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType

_BUSY, _IDLE = 0.05, 0.25  # seconds between two looks: each wakes the process, so an idle one is left alone
_BUSY_SHARE = 0.05  # of one processor, from which on the process counts as busy
_LOG_EVERY = 10.0  # seconds between two log lines about the same route
_STOP_LOOK = 0.5  # seconds after which the thread, while the loop is held, looks whether it is to stop
_SIZE = ", "  # between a request's route and its size in the name of its task
_QUERY_MAX = 100  # characters of a query in the name

OTHER = "other"  # the label of what is neither a request nor a task with a name

_PACKAGE = Path(__file__).parent
_log = logging.getLogger("stoppress")


def name_request(route: str, query: bytes, size: str | None) -> None:
    """Name the current task after the request that it answers: its route, its query, and the size of its body."""
    task = asyncio.current_task()
    if task is not None:
        asked = "?" + query[:_QUERY_MAX].decode("latin-1") if query else ""
        task.set_name(f"{route}{_SIZE}{asked!r} with {size or 0!s:.20} bytes")


class LoopWatchdog:
    """Watches the loop in which `run` runs. It reports what holds the loop for more than `limit` seconds.

    `observe` gets the label of the metric (a request's method and path pattern, the name of a task, or `other`) and for
    how many seconds the loop was held, at least. It is called in the loop.
    """

    def __init__(self, limit: float, observe: Callable[[str, float], object]) -> None:
        self._limit = limit
        self._observe = observe
        self._logged: dict[str, float] = {}

    async def run(self) -> None:
        """Watch until cancelled."""
        loop, stop = asyncio.get_running_loop(), threading.Event()
        watched = loop, threading.get_ident(), stop
        threading.Thread(target=self._watch, args=watched, name="loop watchdog", daemon=True).start()
        try:
            await asyncio.Event().wait()
        finally:
            stop.set()

    # In the thread

    def _watch(self, loop: asyncio.AbstractEventLoop, ident: int, stop: threading.Event) -> None:
        pause, used = _IDLE, time.process_time()
        try:
            while not stop.wait(pause):
                ran = threading.Event()
                asked = time.monotonic()
                loop.call_soon_threadsafe(ran.set)
                if not ran.wait(self._limit):
                    holder, place = _holder(loop), _place(sys._current_frames().get(ident))
                    while not ran.wait(_STOP_LOOK):
                        if stop.is_set():
                            return
                    loop.call_soon_threadsafe(self._report, holder, place, time.monotonic() - asked)
                before, used = used, time.process_time()
                pause = _BUSY if used - before > _BUSY_SHARE * pause else _IDLE
        except RuntimeError:
            return  # the loop is closed

    # In the loop

    def _report(self, holder: str, place: str, seconds: float) -> None:
        label = holder.partition(_SIZE)[0]
        self._observe(label, seconds)
        now = time.monotonic()
        if now - self._logged.get(label, -_LOG_EVERY) >= _LOG_EVERY:
            self._logged[label] = now
            _log.warning("The event loop was held for %.0f ms by %s, in %s", seconds * 1_000, holder, place)


def _holder(loop: asyncio.AbstractEventLoop) -> str:
    """The name of the task that runs in `loop`, or OTHER if it has none: a callback, or a task that nobody named."""
    task = asyncio.current_task(loop)
    name = OTHER if task is None else task.get_name()
    return OTHER if name.startswith("Task-") else name


def _place(frame: FrameType | None) -> str:
    """The innermost function of Stop Press in the stack of `frame`, with its file and line."""
    while frame is not None:
        path = Path(frame.f_code.co_filename)
        if path.is_relative_to(_PACKAGE):
            return f"{frame.f_code.co_name} ({path.relative_to(_PACKAGE)}:{frame.f_lineno})"
        frame = frame.f_back
    return "no function of Stop Press; the machine may be busy"
