"""Several workers on one port, and their parent process.

The parent owns what exists once: the embedded store, the port's number, and the token of this run. It serves no
requests. Each worker is a complete server (server_process.py) that binds the same port itself (listener.py). A worker
that dies is restarted; when the parent dies, the workers stop.
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
from dataclasses import replace
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
from stoppress.store.stores import open_stores

_BRIEF = 5.0  # seconds; a worker that lived no longer than this is restarted after a pause
_PAUSE = 1.0  # seconds before such a restart

_log = logging.getLogger("stoppress.workers")


def run_workers(settings: Settings) -> None:
    """Run `settings.workers` workers until SIGINT or SIGTERM. Raises Unavailable if the server can't start."""
    set_up_logging(settings)
    with ExitStack() as still:
        stopping = stop_on_signals()
        folder = Path(still.enter_context(tempfile.TemporaryDirectory(prefix="stoppress-")))
        port = still.enter_context(reserve(settings)).getsockname()[1]
        if settings.redis_url is None:
            embedded = EmbeddedValkey(settings.data, settings.store_binary)
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


class _Supervisor:
    """Starts the workers, and restarts those that die."""

    def __init__(self, settings: Settings, role: WorkerRole, stopping: threading.Event) -> None:
        self._settings = settings
        self._role = role
        self._stopping = stopping
        self._context = multiprocessing.get_context("spawn")
        self._lifeline, self._ours = self._context.Pipe(duplex=False)
        self._workers: dict[int, tuple[SpawnProcess, float]] = {}

    def run(self) -> None:
        """Supervise the workers until the stop event is set. Returns when all workers have exited."""
        for index in range(self._settings.workers):
            self._start(index, welcomes=index == 0)
        while not self._stopping.is_set():
            wait([process.sentinel for process, _ in self._workers.values()], timeout=0.2)
            for index, (process, began) in tuple(self._workers.items()):
                if not process.is_alive() and not self._stopping.is_set():
                    _log.warning(
                        "Worker %d (process %d) exited with code %s; restarting it",
                        index,
                        process.pid,
                        process.exitcode,
                    )
                    if time.monotonic() - began < _BRIEF:
                        self._stopping.wait(_PAUSE)
                    if not self._stopping.is_set():
                        self._start(index, welcomes=False)
        for process, _ in self._workers.values():
            process.terminate()
        for process, _ in self._workers.values():
            process.join()

    def _start(self, index: int, *, welcomes: bool) -> None:
        # The replacement of the worker that plays the demo continues it: the posts show how far it had got.
        worker = replace(self._role, welcomes=welcomes, plays=index == 0, index=index)
        process = self._context.Process(
            target=_work, args=(self._settings, worker, self._lifeline), name=f"stoppress-worker-{index}"
        )
        process.start()
        self._workers[index] = process, time.monotonic()


def _work(settings: Settings, worker: WorkerRole, lifeline: Connection) -> None:
    """Run one worker, from start to exit."""
    threading.Thread(target=_stop_with_the_parent, args=(lifeline,), daemon=True).start()
    run_server(settings, worker)


def _stop_with_the_parent(lifeline: Connection) -> None:
    try:
        lifeline.recv()
    except (EOFError, OSError):
        os.kill(os.getpid(), signal.SIGTERM)
