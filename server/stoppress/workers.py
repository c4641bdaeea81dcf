"""Several workers on one port, and their parent process.

The parent owns what exists once: the embedded store, the port's number, and the token of this run. It serves no
requests. Each worker is a complete server (server_process.py) that binds the same port itself (listener.py). A worker
that dies is restarted, after a growing pause if it keeps dying; when the parent dies, the workers stop.
"""

from __future__ import annotations

import asyncio
import logging
import multiprocessing
import os
import signal
import tempfile
import threading
import time
from contextlib import ExitStack
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from pathlib import Path

from stoppress.app import WorkerRole
from stoppress.listener import reserve
from stoppress.logging_setup import set_up_logging
from stoppress.server_process import run_server, stop_on_signals
from stoppress.settings import Settings
from stoppress.startup_message import AdminToken, admin_token
from stoppress.store.embedded.server import EmbeddedValkey
from stoppress.store.open_stores import open_stores

_BRIEF = 30.0  # seconds; a worker that lived no longer than this is restarted after a pause
_PAUSES = (1.0, 2.0, 4.0, 8.0, 15.0)  # seconds before such restarts, one after another; the last repeats

_log = logging.getLogger("stoppress.workers")


def run_workers(settings: Settings) -> None:
    """Run `settings.workers` workers until SIGINT or SIGTERM. Raises Unavailable if the server can't start."""
    set_up_logging(settings)
    with ExitStack() as still:
        stopping = stop_on_signals()
        folder = Path(still.enter_context(tempfile.TemporaryDirectory(prefix="stoppress-")))
        port = still.enter_context(reserve(settings)).getsockname()[1]
        if settings.redis_url is None:
            embedded = EmbeddedValkey(settings.data, settings.store_binary, memory=settings.embedded_memory)
            embedded.start()
            still.callback(embedded.stop)
            settings = settings.model_copy(update={"redis_url": embedded.url, "durability": "server"})
        settings = settings.model_copy(update={"port": port})
        token = asyncio.run(_token(settings))
        worker = WorkerRole(token=token, welcomes=True, plays=True, folder=folder, index=0)
        _Supervisor(settings, worker, stopping).run()


async def _token(settings: Settings) -> AdminToken:
    async with open_stores(settings) as stores:
        return await admin_token(settings, stores.tokens)


@dataclass(slots=True)
class _Running:
    """One worker's process. `restart_at` is set once it has died; `brief` counts its short lives in a row."""

    process: SpawnProcess
    began: float
    brief: int = 0
    restart_at: float | None = None


def restart_pause(brief: int) -> float:
    """Seconds to wait before a worker is restarted whose last `brief` lives were short."""
    return 0.0 if brief == 0 else _PAUSES[min(brief, len(_PAUSES)) - 1]


class _Supervisor:
    """Starts the workers, and restarts those that die. A worker's pause delays no other one."""

    def __init__(self, settings: Settings, role: WorkerRole, stopping: threading.Event) -> None:
        self._settings = settings
        self._role = role
        self._stopping = stopping
        self._context = multiprocessing.get_context("spawn")
        self._lifeline, self._ours = self._context.Pipe(duplex=False)
        self._workers: dict[int, _Running] = {}

    def run(self) -> None:
        """Supervise the workers until the stop event is set. Returns when all workers have exited."""
        for index in range(self._settings.workers):
            self._workers[index] = _Running(self._start(index, welcomes=index == 0), time.monotonic())
        while not self._stopping.is_set():
            wait([worker.process.sentinel for worker in self._workers.values() if not worker.restart_at], timeout=0.2)
            for index, worker in self._workers.items():
                self._look_after(index, worker)
        for worker in self._workers.values():
            worker.process.terminate()
        for worker in self._workers.values():
            worker.process.join()

    def _look_after(self, index: int, worker: _Running) -> None:
        if worker.process.is_alive() or self._stopping.is_set():
            return
        now = time.monotonic()
        if worker.restart_at is None:
            worker.brief = worker.brief + 1 if now - worker.began < _BRIEF else 0
            pause = restart_pause(worker.brief)
            worker.restart_at = now + pause
            _log.warning(
                "Worker %d (process %d) exited with code %s; restarting it in %g s",
                index,
                worker.process.pid,
                worker.process.exitcode,
                pause,
            )
        if now >= worker.restart_at:
            worker.process, worker.began, worker.restart_at = self._start(index, welcomes=False), now, None

    def _start(self, index: int, *, welcomes: bool) -> SpawnProcess:
        # The replacement of the worker that plays the demo continues it: the posts show how far it had got.
        worker = replace(self._role, welcomes=welcomes, plays=index == 0, index=index)
        process = self._context.Process(
            target=_work, args=(self._settings, worker, self._lifeline), name=f"stoppress-worker-{index}"
        )
        process.start()
        return process


def _work(settings: Settings, worker: WorkerRole, lifeline: Connection) -> None:
    """Run one worker, from start to exit."""
    threading.Thread(target=_stop_with_the_parent, args=(lifeline,), daemon=True).start()
    run_server(settings, worker)


def _stop_with_the_parent(lifeline: Connection) -> None:
    try:
        lifeline.recv()
    except (EOFError, OSError):
        os.kill(os.getpid(), signal.SIGTERM)
