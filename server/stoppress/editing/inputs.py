"""Validates what editors send: a JSON object becomes a frozen type, or one Invalid that names every wrong field."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import takewhile
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, Field, StrictBool, ValidationError

from stoppress.editing.input_bounds import out_of_bounds
from stoppress.errors import FieldError, Invalid
from stoppress.fields import Id, Time
from stoppress.model import BlogFields, Frozen, PostFields
from stoppress.sanitize import BodyFormat

ERRORS_MAX = 100  # errors that one answer names
_READ_ONLY = {"blog", "revision", "created_at", "posts"}


class BlogEdit(BlogFields):
    """The fields of a blog that an editor may change."""

    updated_at: Time | None = Field(
        None, description="The time of the last change, as readers see it. Set it only in imports."
    )


class BlogInput(BlogEdit):
    """A blog to create."""

    id: Id | None = Field(None, description="Part of the blog's address. By default a ULID.")


class PostEdit(PostFields):
    """The fields of a post that an editor may set."""

    status: Literal["draft", "scheduled", "published"] = "published"
    body_format: BodyFormat = Field("html", description="The format of `body` in the request. Responses have HTML.")
    published_at: Time | None = Field(
        None, description="The time of first publication, by default now. Posts are in the order of this time."
    )
    updated_at: Time | None = Field(
        None, description="The time that readers see. By default each edit that is not `silent` sets it."
    )
    publish_at: Time | None = Field(None, description="The time at which a scheduled post is published.")


class PostInput(PostEdit):
    """A post to create."""

    id: Id | None = Field(None, description="By default a ULID.")


BATCH_MAX = 500


class PostBatch(Frozen):
    """Posts to create in this order, all or none."""

    posts: Annotated[tuple[PostInput, ...], Field(min_length=1, max_length=BATCH_MAX)]


class PostPatch(PostEdit):
    """The fields of a merge patch: those of a post, and `silent`."""

    silent: StrictBool = Field(False, description="Don't change `updated_at`. Use it to correct a typo.")


Model = TypeVar("Model", bound=BaseModel)


def parse(model: type[Model], content: Any) -> Model:
    """The JSON object `content`, validated as `model`. What is a `model` already is returned as it is.

    Raises:
        Invalid: `content` is not valid; has a JSON Pointer and the value of each wrong field, of at most ERRORS_MAX.
    """
    if isinstance(content, model):
        return content
    if not isinstance(content, Mapping):
        detail = f"expected a JSON object, but got {_show(content)}"
        raise Invalid(detail, [FieldError("", detail)])
    if too_large := list(out_of_bounds(model, content)):
        raise invalid(too_large)
    try:
        return model.model_validate(content)
    except ValidationError as error:
        fields = [_field_error(line) for line in error.errors(include_url=False, include_context=False)]
        raise invalid(fields) from error


def parse_batch(content: Any) -> PostBatch:
    """The JSON object `content`, validated as a batch of posts. Each post is checked by itself, as `parse` does.

    Raises Invalid, as `parse` does.
    """
    posts = content.get("posts") if isinstance(content, Mapping) else None
    if not isinstance(posts, list) or not 0 < len(posts) <= BATCH_MAX:
        return parse(PostBatch, content)
    parse(PostBatch, {**content, "posts": [{}]})
    checked: list[PostInput] = []
    errors: list[FieldError] = []
    unnamed = 0
    for i, post in enumerate(posts):
        try:
            checked.append(parse(PostInput, post))
        except Invalid as error:
            errors += [FieldError(f"/posts/{i}{wrong.pointer}", wrong.detail) for wrong in error.errors]
            unnamed += error.unnamed + max(0, len(errors) - ERRORS_MAX)
            del errors[ERRORS_MAX:]
    if errors:
        raise invalid(errors, unnamed)
    return PostBatch.model_construct(posts=tuple(checked))


def invalid(errors: Sequence[FieldError], unnamed: int = 0) -> Invalid:
    """The error for wrong fields: it names the first ERRORS_MAX, and says how many more there are.

    `unnamed` counts errors besides those in `errors`.
    """
    named = errors[:ERRORS_MAX]
    unnamed += len(errors) - len(named)
    details = [f"{field.pointer[1:]}: {field.detail}" if field.pointer else field.detail for field in named[:5]]
    if unnamed:
        details.append(f"{unnamed} more errors are not listed")
    return Invalid("; ".join(details), named, unnamed=unnamed)


def merge_patch(target: Any, patch: Any) -> Any:
    """`target` after the JSON merge patch (RFC 7396): null removes a member, an object is merged, and any other value
    replaces."""
    if not isinstance(patch, Mapping):
        return patch
    merged = dict(target) if isinstance(target, Mapping) else {}
    for name, value in patch.items():
        if value is None:
            merged.pop(name, None)
        else:
            merged[name] = merge_patch(merged.get(name), value)
    return merged


def patched(model: type[Model], target: Mapping[str, Any], patch: Any) -> Model:
    """`target` after the merge patch, validated as `model`.

    Raises Invalid, as `parse` does; also when the patch removes a field that the model doesn't have, because its name
    is then misspelt.
    """
    if isinstance(patch, Mapping) and (too_large := list(out_of_bounds(model, patch))):
        raise invalid(too_large)
    merged = merge_patch(target, patch)
    if isinstance(patch, Mapping):
        merged |= {name: None for name in patch if name not in model.model_fields and patch[name] is None}
    return parse(model, merged)


def wrong(field: str, detail: str) -> Invalid:
    """The error for one wrong field of an object."""
    return Invalid(f"{field}: {detail}", [FieldError(f"/{field}", detail)])


def named_status(patch: Mapping[str, Any]) -> None:
    """Raise Invalid when a merge patch removes the status. It would get its default, which publishes."""
    if "status" in patch and patch["status"] is None:
        raise wrong("status", "expected a status, but got null; a status can be changed, but not removed")


def named_visibility(patch: Mapping[str, Any]) -> None:
    """Raise Invalid when a merge patch removes the visibility. It would get its default, which is public."""
    if "visibility" in patch and patch["visibility"] is None:
        raise wrong("visibility", "expected 'public' or 'private', but got null")


def _field_error(line: Any) -> FieldError:
    location = list(line["loc"])
    # Pydantic adds the type of media to the path, but the document has no such step.
    location = [step for i, step in enumerate(location) if not (step in ("image", "embed") and "media" in location[:i])]
    pointer = "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in location)
    match line["type"]:
        case "extra_forbidden" if location[-1] in _READ_ONLY or location == ["id"]:
            detail = "is set by the server"
        case "extra_forbidden":
            detail = f"unknown field; got {_show(line['input'])}"
        case "missing":
            detail = "is missing"
        case _:
            message = line["msg"].removeprefix("Value error, ")
            shown = _show(line["input"])
            detail = message if shown in message or "but got" in message else f"{message}; got {shown}"
    return FieldError(pointer, detail)


def _show(value: Any, longest: int = 80) -> str:
    """The start of a JSON value, for an error. It takes no longer for a large value."""
    # Escaped, so that the error does not carry control characters of the value.
    if isinstance(value, str):
        start = value[: longest + 1]
        shown = repr(start) if start.isprintable() else ascii(start)
        length = f" ({len(value)} characters)"
        if len(value) <= longest and len(shown) <= longest:
            return shown
    else:
        shown, length = repr(_start_of(value, longest)), ""
        if len(shown) <= longest:
            return shown
    return f"{shown[:longest]}…{length}"


def _start_of(value: Any, longest: int) -> Any:
    """`value` without what its `repr` has only after `longest` characters: each part takes at least one of them."""
    left = longest

    def start(part: Any) -> Any:
        nonlocal left
        left -= 1
        match part:
            case str():
                return part[: longest + 1]
            case int() if part.bit_length() > 1_000:  # Python refuses to write more than 4,300 digits
                return f"a number of {part.bit_length()} bits"
            case list():
                return [start(item) for item in takewhile(lambda _: left >= 0, part)]
            case dict():
                return {start(name): start(item) for name, item in takewhile(lambda _: left >= 0, part.items())}
        return part

    return start(value)
