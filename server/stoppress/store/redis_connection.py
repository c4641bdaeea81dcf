"""Connections to Redis or Valkey, and the errors that their failures raise.

Two clients share only the address. redis-py retries reads. A commit is never retried here: the caller finds out by its
Attempt or its revision whether it happened, and a driver must not send the same script twice.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from typing import Any

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialWithJitterBackoff, NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import OutOfMemoryError, ReadOnlyError, RedisError, ResponseError
from redis.exceptions import TimeoutError as RedisTimeoutError

from stoppress.errors import Unavailable
from stoppress.settings import Settings

Client = Any  # redis-py's Redis is generic in its stubs but not in its code; Any keeps that in this file

# What a server answers if it is running but can't store a write, or is not ready yet.
_REFUSALS = ("MISCONF", "LOADING", "NOREPLICAS", "BUSY", "MASTERDOWN", "CLUSTERDOWN", "TRYAGAIN")


def connect(
    url: str, settings: Settings, *, retries: int, answer_within: float | None = None, timed: bool = True
) -> Client:
    """A client for `url`. It connects at the first command.

    `answer_within` is the time limit for one answer, in seconds, instead of `redis_timeout`. If not `timed`, it has no
    limit of its own.
    """
    retry = Retry(ExponentialWithJitterBackoff(base=0.02, cap=0.2) if retries else NoBackoff(), retries)
    pool = BlockingConnectionPool.from_url(
        url,
        decode_responses=True,
        protocol=2,
        max_connections=settings.redis_connections,
        timeout=settings.redis_timeout,
        socket_timeout=(answer_within or settings.redis_timeout) if timed else None,
        socket_connect_timeout=settings.redis_timeout,
        retry=retry,
    )
    return Redis.from_pool(pool)


@contextmanager
def reachable(doing: str) -> Iterator[None]:
    """Turn errors of redis-py into Unavailable. `doing` says what was attempted, for the message.

    Raises:
        Unavailable: the store did not answer in time, or can't accept writes.
    """
    try:
        yield
    except (RedisConnectionError, RedisTimeoutError, OSError) as error:
        raise Unavailable(f"the store did not answer while {doing}: {error}") from error
    except ResponseError as error:
        # redis-py has classes of its own for some refusals, and takes the code off their message.
        if isinstance(error, OutOfMemoryError | ReadOnlyError) or str(error).startswith(_REFUSALS):
            raise Unavailable(f"the store refused while {doing}: {error}") from error
        raise
    except RedisError as error:
        raise Unavailable(f"the store failed while {doing}: {error}") from error


def script(name: str) -> str:
    """The text of a Lua script in this folder, by its name without `.lua`."""
    return files("stoppress.store").joinpath(f"{name}.lua").read_text(encoding="utf-8")
