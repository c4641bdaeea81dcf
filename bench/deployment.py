"""A store, processes of Stop Press at it, a blog that changes, and readers whose every word is checked: what drain,
chaos, soak and stalled have in common."""

from __future__ import annotations

import asyncio
import contextlib
import os
import resource
import signal
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from stoppress.api_client import ApiClient, Refused
from stoppress.simulated_readers import SimulatedReaders, now
from stoppress.store.embedded.server import EmbeddedValkey

TOKEN = "bench-token-bench-token-bench-token"
BLOG = "regatta"


def rank(values: list[float], share: float) -> float:
    """The value that this share of them does not exceed; 0 of none."""
    return sorted(values)[min(len(values) - 1, int(len(values) * share))] if values else 0.0


class Process:
    """`stoppress serve` at `port`, up and ready."""

    def __init__(self, place: Path, port: int, settings: Mapping[str, object]) -> None:
        chosen = {
            "PORT": port,
            "DATA": place,
            "ADMIN_TOKEN": TOKEN,
            "READERS_MAX": 19_000,
            "LOG_LEVEL": "error",
            "RATE_LIMIT": 0,
            "RATE_LIMIT_BYTES": 0,
        }
        environment = {name: value for name, value in os.environ.items() if not name.startswith("STOPPRESS_")}
        environment |= {f"STOPPRESS_{name}": str(value) for name, value in chosen.items()}
        environment |= {f"STOPPRESS_{name.upper()}": str(value) for name, value in settings.items()}
        command = [str(Path(sys.executable).parent / "stoppress"), "serve"]
        self.process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout
        if not any("is ready" in line for line in self.process.stdout):
            raise RuntimeError(f"the server at port {port} ended with {self.process.wait()}")

    def workers(self) -> list[int]:
        """The processes that serve: its workers, or itself."""
        pid = self.process.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        found = [int(child) for child in children if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes()]
        return found or [pid]

    def memory(self) -> int:
        """Bytes of resident memory, all that serve together."""
        pages = sum(int(Path(f"/proc/{pid}/statm").read_text().split()[1]) for pid in self.workers())
        return pages * os.sysconf("SC_PAGE_SIZE")

    def stop(self) -> None:
        """SIGTERM."""
        self.process.send_signal(signal.SIGTERM)

    def close(self) -> None:
        """SIGTERM, and wait for the end."""
        self.stop()
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        if self.process.stdout:
            self.process.stdout.close()


@dataclass
class Deployment:
    """Where it all is. `redis` is the store's address."""

    port: int
    redis: str
    folder: Path
    processes: list[Process] = field(default_factory=list)

    @property
    def url(self) -> str:
        """The server's address."""
        return f"http://127.0.0.1:{self.port}"

    def serve(self, **settings: object) -> Process:
        """One more process, or crew."""
        place = self.folder / f"data-{len(self.processes)}"
        process = Process(place, self.port, {"redis_url": self.redis} | settings)
        self.processes.append(process)
        return process


@contextmanager
def deployment(port: int) -> Iterator[Deployment]:
    """A store, and nobody at it yet; all that is started ends with this."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    with tempfile.TemporaryDirectory(prefix="sp-bench-") as name:
        folder = Path(name)
        store = EmbeddedValkey(folder / "store")
        store.start()
        deployment = Deployment(port, store.url, folder)
        try:
            yield deployment
        finally:
            for process in deployment.processes:
                if process.process.poll() is None:
                    process.close()
            store.stop()


@dataclass
class Story:
    """A blog that changes: a post is new, edited or deleted in turn."""

    api: ApiClient
    told: int = 0
    cursor: str = ""

    async def change(self) -> None:
        """One change; over when it is acknowledged."""
        number, self.told = self.told, self.told + 1
        title, body = f"Heat {number}", "<p>" + "The wind turns east, and the crews change sails. " * 12 + "</p>"
        match number % 4:
            case 2:
                answer = await self.api.change_post(BLOG, f"post-{number - 1}", {"title": f"{title}, corrected"})
            case 3 if number % 8 == 7:
                answer = await self._delete(f"post-{number - 3}")
            case _:
                answer = await self.api.create_post(BLOG, {"id": f"post-{number}", "title": title, "body": body})
        self.cursor = str(answer["cursor"])

    async def _delete(self, post: str) -> dict[str, object]:
        try:
            return await self.api.delete_post(BLOG, post)
        except Refused as refusal:
            if refusal.status == 410:  # a first try arrived, but its answer was lost, and the cursor with it
                return await self.api.create_post(BLOG, {"title": f"Heat {self.told}"})
            raise


@asynccontextmanager
async def story(deployment: Deployment) -> AsyncIterator[Story]:
    """A new blog with some posts."""
    async with ApiClient(deployment.url, TOKEN, patience=60.0, environment=False) as api:
        await api.create_blog({"id": BLOG, "title": "Lake regatta"})
        told = Story(api)
        for _ in range(8):
            await told.change()
        yield told


@contextlib.asynccontextmanager
async def telling(told: Story, every: float) -> AsyncIterator[None]:
    """Changes in the background; over with a whole one."""
    over = asyncio.Event()

    async def tell() -> None:
        due = now()
        while not over.is_set():
            await told.change()
            due = max(due + every, now())
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(due - now()):
                    await over.wait()

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(tell())
        yield
        over.set()


async def shown(told: Story) -> tuple[str, dict[str, int]]:
    """What a fresh load shows: the cursor, and each post's revision. Nothing may be published meanwhile."""
    posts = await told.api.all_posts(BLOG)
    return told.cursor, {str(post["id"]): int(post["revision"]) for post in posts}


async def until(holds: Callable[[], bool], patience: float) -> bool:
    """Wait for a condition for so many seconds at most; whether it holds."""
    deadline = now() + patience
    while not (held := holds()):
        if now() > deadline:
            break
        await asyncio.sleep(0.02)
    return held


@dataclass(frozen=True)
class Verdict:
    """What came of the readers, at the end of the story."""

    readers: int
    wrong: int  # readers that hold something other than a fresh load shows
    missing: int  # posts that they lack, or have in an old revision, or should not have, all together
    double: int
    resets: int

    def __str__(self) -> str:
        return (
            f"{self.readers} readers: {self.missing} missing, {self.double} double, {self.resets} resets; "
            f"{self.wrong} hold something other than a fresh load shows"
        )

    @property
    def good(self) -> bool:
        """Whether everybody has all of it, once."""
        return not (self.wrong or self.missing or self.double or self.resets)


async def verdict_on(
    simulated: SimulatedReaders, before: Mapping[str, int], told: Story, patience: float = 60.0
) -> Verdict:
    """Wait until all readers are at the head, for `patience` seconds at most, and compare them with a fresh load.
    `before` is what they had loaded when they came."""
    cursor, wanted = await shown(told)
    await until(lambda: all(reader.cursor == cursor for reader in simulated.readers), patience)
    missing = wrong = 0
    for reader in simulated.readers:
        held = {post: revision for post, revision in {**before, **reader.state}.items() if post not in reader.removed}
        lacks = sum(held.get(post) != revision for post, revision in wanted.items()) + len(held.keys() - wanted.keys())
        missing += lacks
        wrong += bool(lacks) or reader.cursor != cursor
    return Verdict(
        len(simulated.readers),
        wrong,
        missing,
        sum(reader.duplicates for reader in simulated.readers),
        sum(reader.resets for reader in simulated.readers),
    )
