"""Validates what editors send: a JSON object becomes a frozen type, or one Invalid that names every wrong field."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, Field, StrictBool, ValidationError

from stoppress.errors import FieldError, Invalid
from stoppress.fields import Id, Time
from stoppress.model import BlogFields, Frozen, PostFields

BodyFormat = Literal["html", "markdown"]
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
    """The JSON object `content`, validated as `model`.

    Raises:
        Invalid: `content` is not valid; has a JSON Pointer and the value of each wrong field.
    """
    if not isinstance(content, Mapping):
        detail = f"expected a JSON object, but got {_show(content)}"
        raise Invalid(detail, [FieldError("", detail)])
    try:
        return model.model_validate(content)
    except ValidationError as error:
        fields = [_field_error(line) for line in error.errors(include_url=False, include_context=False)]
        raise Invalid("; ".join(f"{field.pointer[1:]}: {field.detail}" for field in fields[:5]), fields) from error


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
    # Escaped, so that the error does not carry control characters of the value.
    shown = ascii(value) if isinstance(value, str) and not value.isprintable() else repr(value)
    if len(shown) <= longest:
        return shown
    length = f" ({len(value)} characters)" if isinstance(value, str) else ""
    return f"{shown[:longest]}…{length}"
