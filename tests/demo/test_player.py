"""The demo story: what it covers, and how it is played against a server that keeps what it is told."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

import stoppress.demo.player as player
from stoppress.api_client import Refused
from stoppress.demo.player import BLOG, LONGEST, OLD, SHORTEST, Object, Step, Story, play, read_story
from stoppress.errors import StopPressError, Unavailable
from stoppress.model import BlogFields, PostFields, rfc3339
from stoppress.sanitize import sanitize

PICTURES = Path(player.__file__).parent / "pictures"
STORY = read_story()
POSTS = [step.fields or {} for step in (*STORY.backlog, *STORY.steps) if step.do == "post"]
EDITS = [step.fields or {} for step in STORY.steps if step.do == "edit"]


class CurtainFall(Exception):
    """The test has seen enough."""


class Server:
    """A server in memory, its clock, and a reader who leaves after so many pauses."""

    def __init__(self, pauses: int = 10**6) -> None:
        self.now = datetime(2031, 5, 4, 12, 0, tzinfo=UTC)
        self.pauses: list[float] = []
        self.enough = pauses
        self.there: Object | None = None
        self.entries: dict[str, Object] = {}
        self.made: list[str] = []
        self.most = 0
        self.away = 0

    async def play(self, story: Story = STORY) -> None:
        with pytest.raises(CurtainFall):
            await play(self, story=story, clock=lambda: self.now, sleep=self.sleep, chance=lambda: 0.5)

    async def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += timedelta(seconds=seconds)
        if len(self.pauses) >= self.enough:
            raise CurtainFall

    @property
    def shown(self) -> list[Object]:
        return [post for post in self.entries.values() if post["status"] == "published"]

    def _answer(self) -> None:
        if self.away:
            self.away -= 1
            raise Unavailable("away")

    async def blog(self, blog: str) -> Object | None:
        self._answer()
        return self.there

    async def create_blog(self, fields: Mapping[str, Any]) -> Object:
        self._answer()
        assert self.there is None
        self.there = dict(fields)
        self.made.append("")
        return {}

    async def change_blog(self, blog: str, patch: Mapping[str, Any]) -> Object:
        self._answer()
        if self.there is None:
            raise Refused(404, "there is no such blog")
        self.there |= patch
        return {}

    async def delete_blog(self, blog: str) -> Object:
        self._answer()
        self.there, self.entries = None, {}
        return {}

    async def all_posts(self, blog: str) -> Sequence[Object]:
        self._answer()
        return self.shown

    async def create_post(self, blog: str, fields: Mapping[str, Any]) -> Object:
        self._answer()
        if self.there is None:
            raise Refused(404, "there is no such blog")
        if fields["id"] in self.entries:
            raise Refused(409, "there is such a post already")
        at = rfc3339(self.now)
        self.entries[fields["id"]] = {"published_at": at, **fields, "created_at": at, "status": "published"}
        self.made.append(fields["id"])
        self.most = max(self.most, len(self.entries))
        return {}

    async def change_post(self, blog: str, post: str, patch: Mapping[str, Any]) -> Object:
        self._answer()
        self._entry(post).update(patch)
        return {}

    async def delete_post(self, blog: str, post: str) -> Object:
        self._answer()
        self._entry(post)["status"] = "deleted"
        return {}

    def _entry(self, post: str) -> Object:
        if post not in self.entries:
            raise Refused(404, "there is no such post")
        if self.entries[post]["status"] == "deleted":
            raise Refused(410, "the post was deleted")
        return self.entries[post]


def test_every_post_and_patch_is_as_the_server_takes_it() -> None:
    BlogFields.model_validate({name: value for name, value in STORY.blog.items() if name != "id"})
    for fields in (*POSTS, *({k: v for k, v in edit.items() if k != "silent"} for edit in EDITS)):
        PostFields.model_validate(fields)
        assert sanitize(fields.get("body", "")) == fields.get("body", "")
    for step in STORY.steps:
        if step.do == "blog":
            BlogFields.model_validate({**(step.fields or {}), "timezone": "UTC"})


def test_the_story_shows_every_feature_of_a_post() -> None:
    for name in PostFields.model_fields:
        assert any(fields.get(name) for fields in (*POSTS, *EDITS)), name
    assert any(not fields.get("title") for fields in POSTS)
    bodies = "".join(fields.get("body", "") for fields in POSTS)
    for tag in ("<blockquote>", "<ul>", "<ol>", "<h3>", "<table>", "<em>", "<strong>", "<cite>"):
        assert tag in bodies
    kinds = {media["type"] for fields in POSTS for media in fields.get("media", ())}
    assert kinds == {"image", "embed"}
    assert any(edit.get("silent") for edit in EDITS) and any(edit.get("correction") for edit in EDITS)
    assert {"delete", "blog"} <= {step.do for step in STORY.steps}
    assert any(step.minutes_ago for step in STORY.steps)  # filed late


def test_its_pictures_are_there_drawn_to_size_and_small() -> None:
    used = {media["url"] for fields in POSTS for media in fields.get("media", ()) if media["type"] == "image"}
    assert used == {f"/demo/{path.name}" for path in PICTURES.iterdir()}
    assert sum(path.stat().st_size for path in PICTURES.iterdir()) < 150_000
    for fields in POSTS:
        for media in fields.get("media", ()):
            if media["type"] == "image":
                drawn = ElementTree.parse(PICTURES / Path(media["url"]).name).getroot()
                assert (drawn.get("width"), drawn.get("height")) == (str(media["width"]), str(media["height"]))
                assert media["alt"] and media["caption"] and media["credit"]


def test_it_begins_with_a_backlog_of_the_past_hours() -> None:
    server = Server(pauses=1)
    asyncio.run(server.play())
    assert [post["id"] for post in server.shown] == [step.id for step in STORY.backlog]
    times = [post["published_at"] for post in server.shown]
    assert times == sorted(times)
    assert times[0] >= rfc3339(server.now - timedelta(hours=6)) and times[-1] < rfc3339(server.now)


def test_then_something_happens_every_ten_to_twenty_seconds() -> None:
    server = Server(pauses=len(STORY.steps))
    asyncio.run(server.play())
    assert server.there and server.there["title"] in STORY.titles - {STORY.blog["title"]}
    assert all(SHORTEST <= pause <= LONGEST for pause in server.pauses)
    assert server.entries["demo-double"]["status"] == "deleted"
    assert server.entries["demo-leak"]["correction"]


def test_it_begins_anew_when_it_is_told_and_never_grows() -> None:
    server = Server(pauses=4 * len(STORY.steps))
    asyncio.run(server.play())
    assert server.made.count("") >= 3
    assert server.most <= len(POSTS)
    assert len(server.shown) <= len(POSTS)


@pytest.mark.parametrize("seen", range(1, len(STORY.steps), 7))
def test_a_player_that_starts_again_goes_on_and_doubles_nothing(seen: int) -> None:
    server = Server(pauses=seen)
    asyncio.run(server.play())
    server.enough = len(STORY.steps) + 2
    asyncio.run(server.play())
    told = [post for post in server.made if post]
    assert len(told) == len(set(told))
    assert server.made.count("") == 1


def test_an_old_story_is_begun_anew() -> None:
    server = Server(pauses=5)
    asyncio.run(server.play())
    server.now += OLD + timedelta(minutes=1)
    server.enough += 1
    asyncio.run(server.play())
    assert server.made.count("") == 2
    assert [post["id"] for post in server.shown] == [step.id for step in STORY.backlog]


def test_a_blog_of_somebody_else_is_left_alone() -> None:
    server = Server()
    server.there = {"title": "Our own live blog", "status": "live"}
    with pytest.raises(StopPressError, match="was not changed"):
        asyncio.run(play(server, sleep=server.sleep))
    assert server.there == {"title": "Our own live blog", "status": "live"}


def test_a_server_that_is_away_is_waited_for() -> None:
    server = Server(pauses=10)
    server.away = 3
    asyncio.run(server.play())
    assert server.there is not None and not server.away


def test_a_token_that_may_not_write_ends_it() -> None:
    class Closed(Server):
        async def create_blog(self, fields: Mapping[str, Any]) -> Object:
            raise Refused(403, "this needs the scope 'admin'")

    with pytest.raises(Refused, match="admin"):
        asyncio.run(play(Closed(), sleep=Server().sleep))


def test_a_post_that_somebody_has_deleted_stops_nothing() -> None:
    story = Story(STORY.blog, (), (Step("edit", "demo-x", {"title": "X"}), Step("delete", "demo-x"), STORY.backlog[0]))
    server = Server(pauses=4)
    asyncio.run(server.play(story))
    assert server.made == ["", STORY.backlog[0].id]


def test_the_blog_s_name_is_the_story_s() -> None:
    assert STORY.blog["id"] == BLOG
