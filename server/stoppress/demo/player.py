"""Plays story.json against a server, over HTTP, as any newsroom tool would.

The story is a list of steps. The player publishes the backlog at once, with times in the past, and then plays one step
after the other. The last steps are gauge readings, where each new reading deletes the oldest one. Then the player
deletes the blog and starts the story again. So the blog does not grow without bound.

Every post has a fixed id, so the posts on the server show how far the story has got. A player that restarts continues
after the last step whose post exists. If the last post is old the story starts again, so that it looks like news.
"""

from __future__ import annotations

import asyncio
import json
import logging
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from typing import Any, Protocol

from stoppress.api_client import ApiClient, Refused
from stoppress.errors import StopPressError, Unavailable
from stoppress.model import rfc3339

log = logging.getLogger(__name__)

BLOG = "demo"
SHORTEST, LONGEST = 10.0, 20.0  # seconds between two steps, at pace 1
OLD = timedelta(minutes=30)  # if the last post is older the story starts again
SETBACK = 5.0  # seconds to wait after the server was unavailable or refused a step

Object = dict[str, Any]


class Api(Protocol):
    """The part of api_client.ApiClient that the player uses."""

    async def blog(self, blog: str) -> Object | None: ...
    async def create_blog(self, fields: Mapping[str, Any]) -> Object: ...
    async def change_blog(self, blog: str, patch: Mapping[str, Any]) -> Object: ...
    async def delete_blog(self, blog: str) -> Object: ...
    async def all_posts(self, blog: str) -> Sequence[Object]: ...
    async def create_post(self, blog: str, fields: Mapping[str, Any]) -> Object: ...
    async def change_post(self, blog: str, post: str, patch: Mapping[str, Any]) -> Object: ...
    async def delete_post(self, blog: str, post: str) -> Object: ...


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the story. `do` is `post`, `edit`, `delete` or `blog` (a change of the blog).

    `minutes_ago` is set for a post that is filed late: how many minutes before the step it was published.
    """

    do: str
    id: str = ""
    fields: Object | None = None
    minutes_ago: float | None = None


@dataclass(frozen=True, slots=True)
class Story:
    """A story: its blog, the `backlog` that is published at the start, and the `steps` that follow one by one."""

    blog: Object
    backlog: tuple[Step, ...]
    steps: tuple[Step, ...]

    @property
    def titles(self) -> frozenset[str]:
        """All titles that the blog has during the story."""
        changed = (step.fields["title"] for step in self.steps if step.do == "blog" and step.fields)
        return frozenset([self.blog["title"], *changed])


def read_story() -> Story:
    """The story that comes with Stop Press, from story.json."""
    told = json.loads(files(__package__).joinpath("story.json").read_text("utf-8"))
    return Story(
        blog=told["blog"],
        backlog=tuple(_step({"do": "post", **entry}) for entry in told["backlog"]),
        steps=(*map(_step, told["steps"]), *_watch_steps(told["watch"])),
    )


def _step(entry: Object) -> Step:
    fields = entry.get("post") or entry.get("patch")
    return Step(entry["do"], entry.get("id", ""), fields, entry.get("minutes_ago"))


def _watch_steps(told: Object) -> list[Step]:
    """The steps of the gauge readings after the storm. The latest `keep` readings stay on the page."""
    steps = []
    for number in range(told["posts"]):
        level = told["from"] + (told["to"] - told["from"]) * number / (told["posts"] - 1)
        line = told["lines"][number % len(told["lines"])].format(level=f"{level:.2f}")
        fields = {"body": f"<p>{line}</p>", "byline": told["byline"], "tags": ["Gauges"]}
        steps.append(Step("post", f"demo-gauge-{number:02}", fields))
        if number >= told["keep"]:
            steps.append(Step("delete", f"demo-gauge-{number - told['keep']:02}"))
    return steps


async def play(
    api: Api,
    *,
    pace: float = 1.0,
    story: Story | None = None,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    chance: Callable[[], float] = random.random,
) -> None:
    """Play the story until cancelled. `pace` multiplies the length of every pause.

    Waits for a server that is unavailable. Raises StopPressError when a blog with the demo's id has another story, and
    Refused when the token may not write.
    """
    story = story or read_story()
    while True:
        try:
            for step in story.steps[await _prepare_blog(api, story, clock()) :]:
                await sleep(pace * (SHORTEST + (LONGEST - SHORTEST) * chance()))
                await _perform(api, step, clock())
            await sleep(pace * LONGEST)
            await api.delete_blog(BLOG)
        except Unavailable as error:
            log.warning("the demo can't reach the server, trying again: %s", error)
            await sleep(SETBACK)
        except Refused as refusal:
            if refusal.status in (401, 403):
                raise
            # Somebody deleted or ended the blog: start from what exists now.
            log.warning("the server refused a step of the demo, starting from the blog as it is now: %s", refusal)
            await sleep(SETBACK)


async def play_at(url: str, token: str) -> None:
    """Play on this process's own server until cancelled. An error that ends the demo is logged; the server goes on."""
    async with ApiClient(url, token, environment=False) as api:
        try:
            await play(api)
        except StopPressError as error:
            log.error("the demo has stopped: %s", error)


async def _prepare_blog(api: Api, story: Story, now: datetime) -> int:
    """Create the blog and its backlog where they are missing. Returns the index of the next step."""
    blog = await api.blog(BLOG)
    if blog is not None and blog["title"] not in story.titles:
        raise StopPressError(
            f"Expected the blog {BLOG!r} to have the demo's story, but it is {blog['title']!r}. It was not changed; "
            "delete it to play the demo."
        )
    there = {post["id"]: post for post in await api.all_posts(BLOG)} if blog else {}
    if blog is not None and (blog["status"] != "live" or _is_old(there, now)):
        await api.delete_blog(BLOG)
        blog, there = None, {}
    if blog is None:
        await api.create_blog(story.blog)
    for step in story.backlog:
        if step.id not in there:
            await _perform(api, step, now)
    told = [index for index, step in enumerate(story.steps) if step.do == "post" and step.id in there]
    return told[-1] + 1 if told else 0


def _is_old(there: Mapping[str, Object], now: datetime) -> bool:
    times = [datetime.fromisoformat(post["created_at"]) for post in there.values()]
    return bool(times) and now - max(times) > OLD


async def _perform(api: Api, step: Step, now: datetime) -> None:
    """Perform one step. A step that was already performed changes nothing."""
    fields = dict(step.fields or {})
    try:
        match step.do:
            case "post":
                if step.minutes_ago is not None:
                    fields["published_at"] = rfc3339((now - timedelta(minutes=step.minutes_ago)).replace(microsecond=0))
                await api.create_post(BLOG, {"id": step.id, **fields})
            case "edit":
                await api.change_post(BLOG, step.id, fields)
            case "delete":
                await api.delete_post(BLOG, step.id)
            case "blog":
                await api.change_blog(BLOG, fields)
            case _:
                raise ValueError(f"expected a step to post, edit, delete or blog, but got {step.do!r}")
    except Refused as refusal:
        # 409: the post exists already. 410: somebody has deleted it. 404 of a post: it was never published.
        if refusal.status == 409 and step.do == "post" or refusal.status == 410:
            return
        if refusal.status == 404 and step.do in ("edit", "delete") and await api.blog(BLOG):
            return
        raise
