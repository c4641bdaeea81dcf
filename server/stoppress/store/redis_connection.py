"""Connections to Redis or Valkey, and the errors that their failures raise.

Two clients share only the address. redis-py retries reads. A commit is never retried here: the caller finds out by its
Attempt or its revision whether it happened, and a driver must not send the same script twice.

No wait on the store is endless. A command has `redis_timeout` for everything: a free connection, connecting, retries
and the answer. redis-py limits each of these by itself, and together they would take several times as long.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from importlib.resources import files
from typing import Any

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.client import Pipeline
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialWithJitterBackoff, NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError, ResponseError
from redis.exceptions import TimeoutError as RedisTimeoutError

from stoppress.errors import Unavailable, WritesRefused
from stoppress.settings import Settings

Client = Any  # redis-py's Redis is generic in its stubs but not in its code; Any keeps that in this file

# Error codes of a server that answers reads but refuses writes, and what is wrong there.
_REFUSALS = {
    "OOM": "its memory is full (maxmemory; the embedded store's is STOPPRESS_EMBEDDED_MEMORY)",
    "READONLY": "it is a read-only replica",
    "MISCONF": "it can't write to its disk",
    "NOREPLICAS": "it has fewer replicas than min-replicas-to-write asks for",
}
# Error codes that only a mistake of this program explains. Every other code says something about the server.
_MISTAKES = {"ERR", "WRONGTYPE", "CROSSSLOT"}


def connect(url: str, settings: Settings, *, retries: int, timed: bool = True) -> Client:
    """A client for `url`. It connects at the first command.

    A command may take `redis_timeout`. If not `timed`, there is no limit, and the caller must set one.
    """
    # A connection that was cut is replaced. A store that did not answer in time is not asked again.
    backoff = ExponentialWithJitterBackoff(base=0.02, cap=0.2) if retries else NoBackoff()
    retry = Retry(backoff, retries, supported_errors=(RedisConnectionError,))
    limit = settings.redis_timeout if timed else None
    pool = BlockingConnectionPool.from_url(
        url,
        decode_responses=True,
        protocol=2,
        max_connections=settings.redis_connections,
        timeout=settings.redis_timeout,
        socket_timeout=limit,
        socket_connect_timeout=settings.redis_timeout,
        retry=retry,
    )
    client: Client = _Client.from_pool(pool)
    client.limit = limit
    return client


class _Client(Redis):
    """redis-py's client, with one time limit for each command and each pipeline: `limit`, in seconds."""

    limit: float | None = None

    async def execute_command(self, *args: Any, **options: Any) -> Any:
        async with asyncio.timeout(self.limit):
            return await super().execute_command(*args, **options)  # type: ignore[no-untyped-call]  # no types in redis-py

    def pipeline(self, transaction: bool = True, shard_hint: str | None = None) -> _Pipeline:
        pipe = _Pipeline(self.connection_pool, self.response_callbacks, transaction, shard_hint)
        pipe.limit = self.limit
        return pipe


class _Pipeline(Pipeline):
    limit: float | None = None

    async def execute(self, raise_on_error: bool = True) -> list[Any]:
        async with asyncio.timeout(self.limit):
            answers: list[Any] = await super().execute(raise_on_error)
        return answers

    def annotate_exception(self, exception: Exception, number: int, command: Iterable[object]) -> None:
        # redis-py would put the command in front of the message, where `error_code` looks for the code.
        exception.add_note(f"in command {number} of a pipeline")


async def drop_idle(*clients: Client) -> None:
    """Close the connections of these clients that are not in use. The next commands open new ones."""
    for client in clients:
        with suppress(RedisError, OSError):  # of a connection that had died
            await client.connection_pool.disconnect(inuse_connections=False)


def error_code(error: RedisError) -> str:
    """The code of an error that Redis answered with, such as `MISCONF`.

    redis-py has classes for some codes: it takes those off the message, and keeps them in `status_code`.
    """
    return str(error.status_code or str(error).partition(" ")[0])


@contextmanager
def reachable(doing: str) -> Iterator[None]:
    """Turn errors of redis-py into Unavailable. `doing` says what was attempted, for the message.

    Raises:
        Unavailable: the store did not answer in time, or answered that it can't do this now.
        WritesRefused: the store answers, but accepts no writes.
    """
    try:
        yield
    except (RedisConnectionError, RedisTimeoutError, OSError) as error:
        why = str(error) or "no answer in time"
        raise Unavailable(f"the store did not answer while {doing}: {why}") from error
    except ResponseError as error:
        code = error_code(error)
        if code in _MISTAKES:
            raise
        if code in _REFUSALS:
            raise WritesRefused(f"the store refused a write while {doing}: {_REFUSALS[code]} ({code})") from error
        raise Unavailable(f"the store can't do that now, {doing}: {code}: {error}") from error
    except RedisError as error:
        raise Unavailable(f"the store failed while {doing}: {error}") from error


def script(name: str) -> str:
    """The text of a Lua script in this folder, by its name without `.lua`."""
    return files("stoppress.store").joinpath(f"{name}.lua").read_text(encoding="utf-8")
