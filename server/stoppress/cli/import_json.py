"""`stoppress import`: imports a blog and its posts from one JSON document, over HTTP.

You can run it again. Each post has an id, its own or one computed from its time and headline, so a second run finds the
posts of the first. Posts that are unchanged are left as they are, posts that differ are patched, and posts that were
deleted on the server stay deleted.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import click
from pydantic import TypeAdapter, ValidationError

from stoppress import sanitize
from stoppress.api_client import ApiClient, Object, Refused
from stoppress.cli.export_json import load_into
from stoppress.cli.options import read_settings, read_text, server_options, settings_options
from stoppress.errors import FieldError, Invalid, StopPressError
from stoppress.fields import Time
from stoppress.model import BlogFields, PostFields
from stoppress.store.export_import import FORMAT


@click.command("import", short_help="Import a blog and its posts from a JSON file.")
@click.argument("file", type=click.Path(allow_dash=True))
@server_options
@settings_options("data", "redis_url")
def import_(file: str, url: str, token: str | None, **given: Any) -> None:
    """Import FILE, a document {"blog": {...}, "posts": [{...}, ...]} with the fields of the API.

    The blog needs an `id`; posts may have one. You can run the command again: existing posts are not duplicated, and
    posts that have changed in the file are changed on the server.

    A document of `stoppress export` is imported into the store itself (--data, --redis-url), revisions included. Its
    blog must not exist there yet.
    """
    text = read_text(file)
    if (exported := read_export(text)) is not None:
        click.echo(f"{asyncio.run(load_into(read_settings(given), exported))}: imported, revisions included")
        return
    document = read_document(text, name=file)
    outcome = asyncio.run(_import(document, url, token))
    click.echo(outcome.summary())
    if outcome.refusals:
        raise StopPressError("\n  ".join(["Some posts were refused:", *outcome.refusals]))


@dataclass(frozen=True, slots=True)
class Document:
    """A document to import. Every post in it has an id."""

    blog: Object
    posts: Sequence[Object]


@dataclass(slots=True)
class Outcome:
    """The result of an import. `counts` are numbers of posts by outcome, such as `changed`. `refusals` are lines with
    the post's index, the field and the reason."""

    blog: str
    counts: Counter[str] = field(default_factory=Counter)
    refusals: list[str] = field(default_factory=list)

    def summary(self) -> str:
        """The counts in one line: `harbour: 12 created, 3 changed, 80 unchanged`."""
        outcomes = ("created", "changed", "unchanged", "deleted on the server", "refused")
        return f"{self.blog}: " + ", ".join(f"{self.counts[name]} {name}" for name in outcomes if self.counts[name])


def read_export(text: str) -> Object | None:
    """The JSON document in `text` if `stoppress export` wrote it; else None."""
    try:
        content = json.loads(text)
    except ValueError:
        return None
    return content if isinstance(content, dict) and content.get("format") == FORMAT else None


def read_document(text: str, *, name: str) -> Document:
    """The document in `text`. `name` is its name for error messages.

    Raises Invalid when it is not JSON, has another shape, or has ids that are missing or repeated. The pointers of the
    error are into the document.
    """
    content = _parse(text, name)
    errors = [*_unknown_keys(content), *_wrong_blog(content.get("blog")), *_wrong_posts(content.get("posts", []))]
    if errors:
        raise Invalid(f"{name} is not a document to import", errors)
    blog = content["blog"]
    posts = _with_ids(str(blog["id"]), content.get("posts", []))
    if errors := list(_doubled_ids(posts)):
        raise Invalid(f"{name} is not a document to import", errors)
    return Document(blog, posts)


def _parse(text: str, name: str) -> Object:
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Invalid(f"{name} is not JSON: {error}", status=400) from error
    if not isinstance(content, dict):
        raise Invalid(f'{name}: expected an object {{"blog": …, "posts": …}}, but got {_kind(content)}')
    return content


def _unknown_keys(content: Object) -> Iterator[FieldError]:
    for key in content.keys() - {"blog", "posts"}:
        yield FieldError(f"/{key}", "unknown field; a document has `blog` and `posts`")


def _wrong_blog(blog: object) -> Iterator[FieldError]:
    if not isinstance(blog, dict):
        yield FieldError("/blog", f"expected an object, but got {_kind(blog)}")
    elif not isinstance(blog.get("id"), str) or not blog["id"]:
        yield FieldError("/blog/id", "expected an id, so that a second run finds the blog again")


def _wrong_posts(posts: object) -> Iterator[FieldError]:
    if not isinstance(posts, list):
        yield FieldError("/posts", f"expected a list, but got {_kind(posts)}")
        return
    for index, post in enumerate(posts):
        if not isinstance(post, dict):
            yield FieldError(f"/posts/{index}", f"expected an object, but got {_kind(post)}")
        elif "id" in post and not isinstance(post["id"], str):
            yield FieldError(f"/posts/{index}/id", f"expected a text, but got {_kind(post['id'])}")


def _doubled_ids(posts: Sequence[Object]) -> Iterator[FieldError]:
    seen: dict[str, int] = {}
    for index, post in enumerate(posts):
        first = seen.setdefault(post["id"], index)
        if first != index:
            yield FieldError(f"/posts/{index}/id", f"{post['id']!r} is also the id of /posts/{first}")


def _with_ids(blog: str, posts: Sequence[Object]) -> list[Object]:
    """The posts, each with an id.

    A post without an id gets one computed from its time of publication and its headline, or its text if it has no
    headline. The id stays the same when other fields change in the file, or when other posts are added before it.
    """
    told: Counter[str] = Counter()
    with_ids = []
    for post in posts:
        if "id" not in post:
            identity = [blog, post.get("published_at"), post.get("title") or post.get("body")]
            text = json.dumps(identity, sort_keys=True, ensure_ascii=False)
            told[text] += 1  # two posts with the same text and the same time are still two posts
            post = {"id": "i" + hashlib.sha256(f"{text}{told[text]}".encode()).hexdigest()[:25], **post}
        with_ids.append(post)
    return with_ids


async def _import(document: Document, url: str, token: str | None) -> Outcome:
    blog_id = str(document.blog["id"])
    outcome = Outcome(blog_id)
    async with ApiClient(url, token) as api:
        try:
            await _import_blog(api, blog_id, document.blog)
        except Refused as refusal:
            raise StopPressError(
                "\n  ".join([f"The blog was refused: {refusal}", *_fields("blog", refusal)])
            ) from refusal
        with click.progressbar(document.posts, label=blog_id, file=sys.stderr, show_pos=True) as posts:
            for index, post in enumerate(posts):
                try:
                    outcome.counts[await _import_post(api, blog_id, post)] += 1
                except Refused as refusal:
                    if refusal.status in (401, 403):
                        raise StopPressError(f"posts[{index}]: {refusal}") from refusal
                    outcome.counts["refused"] += 1
                    outcome.refusals += _fields(f"posts[{index}]", refusal) or [f"posts[{index}]: {refusal}"]
    return outcome


def _fields(where: str, refusal: Refused) -> list[str]:
    return [f"{where}{error.pointer}: {error.detail}" for error in refusal.errors]


async def _import_blog(api: ApiClient, blog_id: str, fields: Object) -> None:
    there = await api.blog(blog_id)
    if there is None:
        await api.create_blog(fields)
    elif patch := different(there, {name: value for name, value in fields.items() if name != "id"}, BlogFields):
        await api.change_blog(blog_id, patch)


async def _import_post(api: ApiClient, blog_id: str, fields: Object) -> str:
    """Import one post. Returns the outcome, as Outcome counts it."""
    post_id = str(fields["id"])
    try:
        there = await api.post(blog_id, post_id)
    except Refused as refusal:
        if refusal.status == 410:
            return "deleted on the server"
        raise
    if there is None:
        await api.create_post(blog_id, fields)
        return "created"
    patch = different(there, {name: value for name, value in fields.items() if name != "id"}, PostFields)
    if not patch:
        return "unchanged"
    await api.change_post(blog_id, post_id, patch)
    return "changed"


def different(
    there: Mapping[str, Any], wanted: Mapping[str, Any], shape: type[PostFields] | type[BlogFields]
) -> Object:
    """The fields of `wanted` that differ from those on the server (`there`), as a patch.

    A field with an invalid value is in the patch as well, so that the server reports it.
    """
    patch = {name: value for name, value in wanted.items() if _as_stored(name, wanted, shape) != there.get(name)}
    if patch.keys() == {"body_format"}:
        return {}
    if "body" in patch and "body_format" in wanted:
        patch["body_format"] = wanted["body_format"]
    return patch


def _as_stored(name: str, wanted: Mapping[str, Any], shape: type[PostFields] | type[BlogFields]) -> Any:
    """A field's value as the server would return it; an object unequal to any value if the server would refuse it."""
    value = wanted[name]
    try:
        if name == "body" and isinstance(value, str):
            return sanitize.render(value) if wanted.get("body_format") == "markdown" else sanitize.sanitize(value)
        if name == "body_format":
            return "html"
        field_type = _type(shape, name)
        return field_type.dump_python(field_type.validate_python(value), mode="json")
    except (ValidationError, Invalid):
        return object()


@cache
def _type(shape: type[PostFields] | type[BlogFields], name: str) -> TypeAdapter[Any]:
    if name in ("published_at", "publish_at"):
        return TypeAdapter(Time | None)
    known = shape.model_fields.get(name)
    return TypeAdapter(known.rebuild_annotation() if known else Any)


def _kind(value: object) -> str:
    names = {dict: "an object", list: "a list", str: "a text", bool: "true or false", type(None): "nothing"}
    return names.get(type(value), "a number")
