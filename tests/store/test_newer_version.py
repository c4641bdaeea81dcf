"""What a newer version wrote is read without failing: unknown fields, media, statuses, kinds of event."""

from __future__ import annotations

import json
from typing import Any

import pytest
import redis.asyncio as aioredis
from pydantic import ValidationError

from stoppress.errors import Invalid, Unavailable
from stoppress.model import BlogChanged, Embed, Image, Post, PostChanged, PostRemoved, Tombstone, UnknownEvent
from stoppress.settings import Settings
from stoppress.store import export_import
from stoppress.store.record_format import load_entry, load_record, load_revision
from stoppress.store.redis_keys import Keys
from stoppress.store.redis_store import RedisStore
from stoppress.store.redis_stream import RedisLog
from store.night_blog import a_blog, a_post, publish

pytestmark = pytest.mark.anyio

NEW = {"sentiment": "glad", "score": {"of": 3}}


def a_dump(**fields: Any) -> dict[str, Any]:
    dumped: dict[str, Any] = a_post("one").model_dump(mode="json")
    return dumped | fields


def a_record(event: Any, *more: Any, posts: int = 1) -> str:
    return json.dumps([5, posts, 1_000, event, *more])


def test_unknown_fields_are_ignored_at_every_depth() -> None:
    media = [{"type": "image", "url": "/a.jpg", "focus": [1, 2]}, {"type": "embed", "url": "/b", "ratio": 2}]
    dump = a_dump(authors=[{"name": "Ada", **NEW}], media=media, links=[{"url": "/c", "title": "C", **NEW}], **NEW)
    record = load_record(a_record({"change": "edited", "post": dump, "origin": "app"}, {"trace": 1}))
    assert (record.sequence, record.posts) == (5, 1)
    assert isinstance(record.event, PostChanged)
    post = record.event.post
    assert post.authors[0].name == "Ada"
    assert post.media == (Image(type="image", url="/a.jpg"), Embed(type="embed", url="/b"))
    assert post.links[0].title == "C"
    grave = {"id": "one", "blog": "night", "revision": 2, "status": "deleted", **NEW}
    assert load_record(a_record({"removed": grave})).event == PostRemoved(Tombstone(id="one", blog="night", revision=2))
    blog = load_record(a_record({"blog": a_blog().model_dump(mode="json") | NEW})).event
    assert isinstance(blog, BlogChanged) and (blog.blog.title, blog.blog.posts) == ("The long night", 1)
    assert load_entry(json.dumps(dump)) == post
    line = {"revision": 1, "at": "2031-05-04T12:00:00Z", "by": "t", "post": dump, **NEW}
    assert load_revision(json.dumps(line)).post == post


def test_an_item_that_can_t_be_read_is_left_out_and_the_rest_is_shown() -> None:
    media = [
        {"type": "image", "url": "/a.jpg"},
        {"type": "video", "url": "/film.mp4"},
        {"type": "image", "url": "ipfs://new-scheme"},
        {"kind": "audio"},
        {"type": "embed", "url": "/b"},
    ]
    event = load_record(a_record({"change": "edited", "post": a_dump(media=media, tags=["sea", "#new"])})).event
    assert isinstance(event, PostChanged)
    assert event.post.media == (Image(type="image", url="/a.jpg"), Embed(type="embed", url="/b"))
    assert event.post.tags == ("sea",)


def test_an_unknown_change_is_passed_on() -> None:
    event = load_record(a_record({"change": "illustrated", "post": a_dump()})).event
    assert isinstance(event, PostChanged)
    assert event.change == "illustrated"  # type: ignore[comparison-overlap]


@pytest.mark.parametrize(
    "fields",
    [{"status": "embargoed"}, {"body_format": "blocks"}, {"title": "x" * 1_000}, {"created_at": "stardate 4"}],
    ids=lambda fields: next(iter(fields)),
)
def test_a_post_that_can_t_be_read_otherwise_is_taken_out(fields: dict[str, Any]) -> None:
    event = load_record(a_record({"change": "edited", "post": a_dump(revision=3, **fields)})).event
    assert event == PostRemoved(Tombstone(id="one", blog="night", revision=3))


def test_to_editors_an_unknown_status_is_a_draft() -> None:
    entry = load_entry(json.dumps(a_dump(status="embargoed")))
    assert isinstance(entry, Post) and entry.status == "draft"
    with pytest.raises(ValidationError):
        load_entry(json.dumps(a_dump(body_format="blocks")))


def test_a_blog_s_unknown_status_zone_and_language_are_the_defaults() -> None:
    fields = {"status": "cancelled", "timezone": "Mars/Olympus", "language": "tlh-Mars-x", "authors": [{"nom": "A"}]}
    event = load_record(a_record({"blog": a_blog().model_dump(mode="json") | fields})).event
    assert isinstance(event, BlogChanged)
    blog = event.blog
    assert (blog.status, blog.timezone, blog.language, blog.authors) == ("live", "UTC", "en", ())


@pytest.mark.parametrize(
    "event",
    [{"poll": {"question": "Tram or ferry?"}}, {}, [], "note", None, {"post": 3, "change": "edited"}, {"blog": {}}],
    ids=json.dumps,
)
def test_an_event_that_is_none_of_ours_has_a_place_and_nothing_else(event: Any) -> None:
    record = load_record(a_record(event), "e1", "2000")
    assert (record.sequence, record.posts, record.epoch, record.event) == (5, 1, "e1", UnknownEvent())


async def newer(url: str, thing: str, event: Any) -> None:
    """Append to the blog what commit.lua would write of `event` for a newer version."""
    keys = Keys("night")
    async with aioredis.Redis.from_url(url, decode_responses=True) as client:
        sequence = await client.hincrby(keys.meta, "seq", 1)
        record = json.dumps([sequence, await client.zcard(keys.all), None, event])
        await client.hset(keys.state, thing, record)
        await client.zadd(keys.changed, {thing: sequence})
        epoch = str(await client.hget(keys.meta, "epoch"))
        await client.xadd(keys.events, {"record": record, "epoch": epoch, "at": "1", "trace": "x"}, id=f"{sequence}-0")


async def test_readers_get_past_it_by_the_stream_and_by_the_posts(any_store: RedisStore, server_url: str) -> None:
    await any_store.create_blog(a_blog(), by="t")
    await publish(any_store, a_post("one"))
    await newer(server_url, "@poll", {"poll": {"question": "Tram or ferry?"}})
    await newer(server_url, "two", {"change": "illustrated", "post": a_dump(id="two", **NEW)})
    await newer(server_url, "one", {"change": "edited", "post": a_dump(revision=2, status="embargoed")})
    cursor = await publish(any_store, a_post("three"))
    assert cursor.sequence == 6
    log = RedisLog(server_url, Settings())
    by_stream = (await log.read({"night": 2}, wait=0))["night"]
    await log.close()
    assert [record.sequence for record in by_stream] == [3, 4, 5, 6]
    assert [type(record.event) for record in by_stream] == [UnknownEvent, PostChanged, PostRemoved, PostChanged]
    since = await any_store.since("night", 2, limit=100)
    assert since is not None and [record.event for record in since.records] == [record.event for record in by_stream]
    page = await any_store.page("night", limit=10)
    assert page is not None and [post.id for post in page.posts] == ["three"]
    assert isinstance(await any_store.published("night", "one"), Tombstone)


async def test_a_blog_that_can_t_be_read_is_unavailable(any_store: RedisStore, server_url: str) -> None:
    await any_store.create_blog(a_blog(), by="t")
    await newer(server_url, "@blog", {"blog": {"id": "night"}})
    with pytest.raises(Unavailable, match="newer version"):
        await any_store.blog("night")


@pytest.mark.parametrize(
    ("fields", "named"), [(NEW, "sentiment"), ({"media": [{"type": "video", "url": "/a"}]}, "video")]
)
async def test_an_import_refuses_what_it_would_lose(any_store: RedisStore, fields: dict[str, Any], named: str) -> None:
    await any_store.create_blog(a_blog(), by="t")
    await publish(any_store, a_post("one"))
    document = await export_import.dump(any_store, "night")
    await any_store.delete_blog("night")
    document["posts"][0]["revisions"][0]["post"] |= fields
    with pytest.raises(Invalid, match=f"/posts/0(?s:.*){named}"):
        await export_import.load(any_store, document)
