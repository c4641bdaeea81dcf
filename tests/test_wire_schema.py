"""Everything that the server says fits the schema of the messages, which names every field: in both forms."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args

import jsonschema_rs
import pytest

from stoppress import wire
from stoppress.fields import (
    AUTHORS_MAX,
    BODY_MAX,
    LINE_MAX,
    LINKS_MAX,
    MEDIA_MAX,
    TAGS_MAX,
    TEXT_MAX,
    TITLE_MAX,
    URL_MAX,
)
from stoppress.model import (
    Blog,
    BlogChanged,
    BlogStatus,
    Change,
    Cursor,
    Event,
    Post,
    PostChanged,
    PostRemoved,
    Record,
    Tombstone,
    UnknownEvent,
)
from stoppress.render.blog_html import Markup
from stoppress.resume import Reason
from stoppress.wire import Form
from stoppress.wire.schema import form_schema, message_types

NOON = datetime(2031, 5, 4, 12, 0, tzinfo=UTC)
LATER = datetime(2031, 5, 4, 13, 5, 0, 250_000, tzinfo=UTC)
CURSOR = Cursor("k3v9", 5)
MARKUP = Markup("/client/abc")

BARE_BLOG = Blog(id="bridge", revision=1, title="The bridge reopens", created_at=NOON)
FULL_BLOG = Blog.model_validate(
    {
        "id": "bridge",
        "revision": 3,
        "title": "The bridge reopens",
        "description": "Minute by minute",
        "byline": "By A, B and C",
        "authors": [{"name": "Ada Brook", "role": "Reporter", "url": "https://a.example", "image": "/media/a.jpg"}],
        "timezone": "Europe/Berlin",
        "language": "ar",
        "status": "paused",
        "created_at": NOON,
        "updated_at": LATER,
        "posts": 12,
    }
)
BARE_POST = Post(id="bare", blog="bridge", revision=1, status="published", created_at=NOON, published_at=NOON)
FULL_POST = Post.model_validate(
    {
        "id": "full",
        "blog": "bridge",
        "revision": 7,
        "status": "published",
        "created_at": NOON,
        "published_at": NOON,
        "updated_at": LATER,
        "title": "The tram is across",
        "body": "<p>It took <em>four</em> minutes.</p>",
        "byline": "By Tom Field",
        "authors": [{"name": "Tom Field", "role": "Photographer", "url": "/tom", "image": "/media/t.jpg"}],
        "pinned": True,
        "key": True,
        "key_title": "Across",
        "media": [
            {
                "type": "image",
                "url": "/media/tram.jpg",
                "alt": "A tram",
                "caption": "Line 4",
                "credit": "Agency",
                "width": 1200,
                "height": 800,
                "srcset": "/media/tram-600.jpg 600w",
            },
            {
                "type": "embed",
                "url": "https://video.example/1",
                "provider": "Video",
                "title": "The crossing",
                "thumbnail": "/media/v.jpg",
            },
        ],
        "links": [{"url": "https://example.org/story", "title": "The whole story"}],
        "notes": "Reporting by Ada Brook.",
        "correction": "It was the second tram.",
        "tags": ["trams"],
    }
)
PINNED_POST = BARE_POST.model_copy(update={"pinned": True})
KEY_POST = BARE_POST.model_copy(update={"key": True})


def closed(schema: Any) -> Any:
    """The schema, but an object has no field that it does not name."""
    if isinstance(schema, list):
        return [closed(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    forbids = {"additionalProperties": False} if schema.get("type") == "object" and "properties" in schema else {}
    return {name: closed(part) for name, part in schema.items()} | forbids


def schema_name(form: Form, message: dict[str, Any]) -> str:
    """The name of the schema that a message has to match."""
    markup = "Markup" if form is Form.HTML else ""
    if message.get("too_large"):
        return f"LargePost{markup}Message"
    kind = message["type"].capitalize()
    return f"{kind}{markup if message['type'] in ('post', 'remove', 'blog') else ''}Message"


def validators(form: Form) -> dict[str, jsonschema_rs.Validator]:
    """By the name of a schema: what holds a message to it, and to no more fields than it has."""
    schema = closed(form_schema(form))
    return {
        name: jsonschema_rs.validator_for({"$defs": schema["$defs"], "$ref": f"#/$defs/{name}"})
        for _, name in message_types(form)
    }


def events() -> Iterator[Event | UnknownEvent]:
    for kind in get_args(Change):
        for post in (BARE_POST, FULL_POST, PINNED_POST, KEY_POST):
            yield PostChanged(kind, post)
    yield PostRemoved(Tombstone(id="full", blog="bridge", revision=8))
    for status in get_args(BlogStatus):
        yield BlogChanged(FULL_BLOG.model_copy(update={"status": status}))
    yield BlogChanged(BARE_BLOG)
    yield UnknownEvent()


def messages(form: Form) -> Iterator[str]:
    """Everything that can be said."""
    for blog in (BARE_BLOG, FULL_BLOG):
        for resumed in (False, True):
            yield wire.hello(blog, CURSOR, heartbeat=25.0, resumed=resumed)
        for event in events():
            about = event.blog if isinstance(event, BlogChanged) else blog
            record = Record(CURSOR.sequence, about.posts, about.updated_at, event)
            yield wire.change(record, about, CURSOR, form, MARKUP)
            if isinstance(event, PostChanged):
                yield wire.large_post(event, about, CURSOR, form, MARKUP)
    for readers in (None, 0, 1204):
        yield wire.heartbeat(CURSOR, readers)
    for reason in get_args(wire.ResetReason):
        yield wire.reset(CURSOR, reason)
    for reason in get_args(wire.ByeReason):
        yield wire.bye(CURSOR, retry_after_ms=1500, reason=reason)


@pytest.mark.parametrize("form", Form)
def test_no_message_lacks_a_required_field_or_has_one_without_a_schema(form: Form) -> None:
    by_name = validators(form)
    for text in messages(form):
        message = json.loads(text)
        errors_found = by_name[schema_name(form, message)].iter_errors(message)
        errors = [f"{error.instance_path}: {error.message}" for error in errors_found]
        assert errors == [], text


def largest_post(character: str) -> Post:
    """A post with every field as long as its limit allows."""
    title, line, text = character * TITLE_MAX, character * LINE_MAX, character * TEXT_MAX
    url = "https://a.example/".ljust(URL_MAX, "a")
    srcset = ",".join(f"{url[: URL_MAX - 100]} {width}w" for width in range(1_000, 1_010))
    image = {"type": "image", "url": url, "alt": text, "caption": text, "credit": line, "srcset": srcset}
    return Post.model_validate(
        FULL_POST.model_dump()
        | {"title": title, "key_title": title, "byline": line, "notes": text, "correction": text}
        | {"body": "\U0001f600" * BODY_MAX}
        | {"authors": [{"name": line, "role": line, "url": url, "image": url}] * AUTHORS_MAX}
        | {"media": [image] * MEDIA_MAX, "links": [{"url": url, "title": title}] * LINKS_MAX}
        | {"tags": [f"{number:050}" for number in range(TAGS_MAX)]}
    )


@pytest.mark.parametrize(("form", "largest"), [(Form.JSON, 1_900_000), (Form.HTML, 3_750_000)])
@pytest.mark.parametrize("character", ["\U0001f600", '"', "&"], ids=["4 bytes of UTF-8", "quotes", "ampersands"])
def test_no_post_makes_a_larger_message_than_the_protocol_s_page_says(form: Form, largest: int, character: str) -> None:
    """Every field as long as its limit allows. Clients set their own limits by this: docs/protocol.md, Size."""
    record = Record(CURSOR.sequence, 1, NOON, PostChanged("edited", largest_post(character)))
    size = len(wire.change(record, FULL_BLOG, CURSOR, form, MARKUP).encode())
    assert 500_000 < size <= largest < 4 * 2**20


@pytest.mark.parametrize("form", Form)
def test_what_says_of_the_blog_is_as_large_as_the_protocol_s_page_says(form: Form) -> None:
    """`hello` and `blog` have no content of posts, and come whole whatever `max_message` is."""
    line, url = "\U0001f600" * LINE_MAX, "https://a.example/".ljust(URL_MAX, "a")
    author = {"name": line, "role": line, "url": url, "image": url}
    text = {"title": "\U0001f600" * TITLE_MAX, "description": "\U0001f600" * TEXT_MAX, "byline": line}
    blog = Blog.model_validate(FULL_BLOG.model_dump() | text | {"authors": [author] * AUTHORS_MAX})
    record = Record(CURSOR.sequence, 1, NOON, BlogChanged(blog))
    for message in (
        wire.hello(blog, CURSOR, heartbeat=25.0, resumed=True),
        wire.change(record, blog, CURSOR, form, MARKUP),
    ):
        assert 200_000 < len(message.encode()) < 300_000


@pytest.mark.parametrize("form", Form)
def test_a_post_without_its_content_is_small_however_large_the_post_is(form: Form) -> None:
    changed = PostChanged("edited", largest_post("\U0001f600"))
    large = wire.large_post(changed, FULL_BLOG, Cursor("k3v9", 10**12), form, MARKUP)
    assert len(large.encode()) < 2_000
    said = json.loads(large)
    assert said["id"] == changed.post.id
    assert said["revision"] == changed.post.revision
    assert said["too_large"] is True
    assert said["blog"] == json.loads(wire.change(Record(1, 1, NOON, changed), FULL_BLOG, CURSOR, form, MARKUP))["blog"]


@pytest.mark.parametrize("form", Form)
def test_every_field_of_the_schema_is_said_somewhere(form: Form) -> None:
    """What no message has any more is in no schema."""
    said: dict[str, set[str]] = {}
    for text in messages(form):
        message = json.loads(text)
        said.setdefault(schema_name(form, message), set()).update(message)
    schemas = form_schema(form)["$defs"]
    assert said == {name: set(schemas[name]["properties"]) for _, name in message_types(form)}


@pytest.mark.parametrize("form", Form)
def test_every_field_of_a_message_is_described(form: Form) -> None:
    schemas = form_schema(form)["$defs"]
    for kind, name in message_types(form):
        assert schemas[name]["description"]
        for field, schema in schemas[name]["properties"].items():
            assert field == "type" or schema.get("description"), f"{kind}.{field} has no description"


def test_both_forms_have_the_same_types() -> None:
    assert [kind for kind, _ in message_types(Form.JSON)] == [kind for kind, _ in message_types(Form.HTML)]


@pytest.mark.parametrize("form", Form)
def test_the_schema_itself_tolerates_fields_that_a_later_version_adds(form: Form) -> None:
    validator = jsonschema_rs.validator_for(form_schema(form))
    for text in messages(form):
        message = json.loads(text) | {"weight": 3}
        assert validator.is_valid(message)


def test_reasons_are_closed_lists_which_hold_what_a_cursor_can_lead_to() -> None:
    fields = {form: form_schema(form)["$defs"] for form in Form}
    for schemas in fields.values():
        reset = schemas["ResetMessage"]["properties"]["reason"]["enum"]
        assert set(get_args(Reason)) <= set(reset) == {"epoch", "ahead", "history", "too_far_behind"}
        assert schemas["ByeMessage"]["properties"]["reason"]["enum"] == ["restarting", "rebalancing", "draining"]


def test_the_tables_in_the_docs_and_the_client_s_types_are_current() -> None:
    program = Path(__file__).parents[1] / "scripts" / "messages.py"
    done = subprocess.run([sys.executable, program, "--check"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
