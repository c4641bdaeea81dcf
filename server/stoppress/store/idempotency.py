"""Answers to earlier attempts of the same request: the memory behind Idempotency-Key.

commit.lua stores the key of a commit in the same step as the commit. commit.lua stores only the places of the answers,
`POST:REVISION …`; the revisions themselves are in the posts' histories.
"""

from __future__ import annotations

from collections.abc import Sequence

from stoppress.errors import Invalid
from stoppress.model import Cursor
from stoppress.store.base import REVISIONS_BYTES, Attempt, Change, Committed
from stoppress.store.record_format import load_revision
from stoppress.store.redis_connection import Client, reachable, script
from stoppress.store.redis_keys import REMEMBERED, RESERVED, Keys

_KEY_REUSED = "this Idempotency-Key was used for another request; use a new key"


class Attempts:
    """The part of base.Store that recognises retried requests."""

    def __init__(self, reads: Client, writes: Client) -> None:
        self.reads = reads
        self.writes = writes
        self._attempted = reads.register_script(script("attempted"))
        self._revision = reads.register_script(script("revisions"))

    async def attempted(self, blog: str, attempt: Attempt) -> Sequence[Committed]:
        keys = Keys(blog)
        with reachable("looking for an earlier attempt"):
            found = await self._attempted(keys=[keys.attempt(attempt.key), keys.meta])
        if found is None:
            return []
        fingerprint, sequences, kept, epoch = found
        same_request(attempt, fingerprint)
        return await self._replay(blog, epoch, sequences, kept)

    async def _replay(self, blog: str, epoch: str, sequences: str, kept: str) -> Sequence[Committed]:
        """The answers to the first attempt: the revisions that it wrote, as they were then."""
        keys = Keys(blog)
        made = load_answer(kept)
        with reachable("reading what an earlier attempt wrote"):
            # These revisions never change, so they need not be read at one moment.
            async with self.reads.pipeline(transaction=False) as pipe:
                for name, revision in made:
                    await self._revision(
                        keys=[keys.history(name)], args=["oldest", revision - 1, 1, REVISIONS_BYTES], client=pipe
                    )
                answers = await pipe.execute()
        return [
            Committed(Cursor(epoch, int(sequence)), load_revision(line).post, replayed=True)
            for (_, _, line), sequence in zip(answers, sequences.split(","), strict=True)
        ]

    async def remember(self, attempt: Attempt, answer: str) -> tuple[str, bool]:
        mine = f"{attempt.fingerprint} {answer}"
        with reachable("storing an answer"):
            first = await self.writes.set(REMEMBERED + attempt.key, mine, nx=True, get=True, ex=attempt.seconds)
        fingerprint, _, kept = str(first or mine).partition(" ")
        same_request(attempt, fingerprint)
        return kept, first is not None

    async def reserve_id(self, attempt: Attempt, candidate: str, *, chosen: bool) -> str:
        with reachable("reserving an id"):
            first = await self.writes.set(RESERVED + attempt.key, candidate, nx=True, get=True, ex=attempt.seconds)
        reserved = str(first or candidate)
        if chosen and reserved != candidate:
            raise Invalid(_KEY_REUSED)
        return reserved


def dump_answer(changes: Sequence[Change]) -> str:
    """The text that is stored about these changes, for a retry."""
    return " ".join(f"{change.after.id}:{change.after.revision}" for change in changes)


def load_answer(kept: str) -> list[tuple[str, int]]:
    """The inverse of `dump_answer`: ids of posts, and their revisions."""
    return [(name, int(revision)) for name, _, revision in (part.partition(":") for part in kept.split(" "))]


def same_request(attempt: Attempt | None, fingerprint: str) -> None:
    """Return if the earlier attempt made the same request. Raises Invalid otherwise."""
    if attempt is not None and attempt.fingerprint != fingerprint:
        raise Invalid(_KEY_REUSED)
