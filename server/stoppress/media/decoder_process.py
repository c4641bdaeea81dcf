"""Starts a process for each picture (decoding.py), and kills it when it takes too long or the server stops."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import threading

from stoppress.errors import Invalid, Unavailable
from stoppress.media.decoding import Job, dump_job, load_outcome
from stoppress.media.picture import Picture

_WAIT = 3  # how many times its CPU time a picture may take altogether, on a busy machine
# A file that begins like a picture must not find these secrets in the memory of the process that decodes it.
_SECRETS = ("STOPPRESS_", "AWS_")

_log = logging.getLogger("stoppress.media")


class DecoderProcesses:
    """The processes that decode pictures. `memory` is in bytes and `cpu` in seconds, for each process."""

    def __init__(self, *, pixels: int, memory: int, cpu: int) -> None:
        self._pixels = pixels
        self._memory = memory
        self._cpu = cpu
        self._lock = threading.Lock()
        self._running: set[subprocess.Popen[bytes]] = set()
        self._closed = False

    def make(self, content: bytes, digest: str) -> Picture:
        """Make the picture in a process, and wait for it; call this in a thread.

        Raises:
            Invalid: 415 when the content is no picture; 422 when it is broken, too large, or needs more memory or CPU
                time than the limits.
            Unavailable: the machine is too busy, or the server is stopping.
        """
        process = self._start()
        try:
            job = Job(digest, self._pixels, self._memory, self._cpu)
            output, errors = process.communicate(dump_job(job, content), timeout=_WAIT * self._cpu)
        except subprocess.TimeoutExpired as error:
            raise Unavailable("the picture was not decoded in time; try again in 30 s", retry_after=30) from error
        finally:
            process.kill()
            process.communicate()  # closes the pipes
            with self._lock:
                self._running.discard(process)
        if self._closed:
            raise Unavailable("the server is stopping")
        if process.returncode == -signal.SIGXCPU:
            raise Invalid(f"the picture takes more than {self._cpu} s of CPU time to decode")
        if process.returncode:
            told = errors[-1000:].decode("utf-8", "replace")
            _log.warning("The process that decoded a picture ended with %d: %s", process.returncode, told)
            raise Invalid(f"the picture is broken, or needs more than {self._memory} bytes of memory to decode")
        return load_outcome(output)

    def close(self) -> None:
        """Kill all processes, and start none any more."""
        with self._lock:
            self._closed = True
            for process in self._running:
                process.kill()

    def _start(self) -> subprocess.Popen[bytes]:
        with self._lock:
            if self._closed:
                raise Unavailable("the server is stopping")
            process = subprocess.Popen(
                [sys.executable, "-P", "-m", "stoppress.media.decoding"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                # Python opens files so that a new program does not inherit them (PEP 446). Closing them one by one
                # would hold the GIL for as long as there are readers.
                close_fds=False,
                env={name: value for name, value in os.environ.items() if not name.startswith(_SECRETS)},
                start_new_session=True,  # Ctrl-C is for the server
            )
            self._running.add(process)
        return process
