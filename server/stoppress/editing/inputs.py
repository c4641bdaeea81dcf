"""What editors send, checked once: JSON objects in, frozen types or one Invalid with every wrong field out."""

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
    """A blog as an editor wants it."""

    updated_at: Time | None = Field(None, description="For imports: the last change that readers should notice.")


class BlogInput(BlogEdit):
    """A blog to make."""

    id: Id | None = Field(None, description="Stands in the address; a ULID if none is given.")


class PostEdit(PostFields):
    """A post as an editor wants it."""

    status: Literal["draft", "scheduled", "published"] = "published"
    body_format: BodyFormat = Field("html", description="What `body` is written in. It comes out as HTML.")
    published_at: Time | None = Field(None, description="First publication, which alone orders posts; by default now.")
    updated_at: Time | None = Field(None, description="The time shown; by default set by each edit that is not silent.")
    publish_at: Time | None = Field(None, description="When a scheduled post comes out.")


class PostInput(PostEdit):
    """A post to make."""

    id: Id | None = Field(None, description="A ULID if none is given.")


BATCH_MAX = 500


class PostBatch(Frozen):
    """Posts to make: all of them or none, in this order."""

    posts: Annotated[tuple[PostInput, ...], Field(min_length=1, max_length=BATCH_MAX)]


class PostPatch(PostEdit):
    """What a merge patch may hold: any field of a post, and how it is to be taken."""

    silent: StrictBool = Field(False, description="A typo: `updated_at` stays as it is.")


Model = TypeVar("Model", bound=BaseModel)


def parse(model: type[Model], content: Any) -> Model:
    """`content` as `model`.

    Raises:
        Invalid: with a JSON Pointer and the value for each wrong field.
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
    """RFC 7396: null takes a member away, an object is merged, everything else replaces."""
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
    """`target` after the merge patch, as `model`. Raises Invalid, as `parse` does; also for a field that there is not
    and that the patch takes away, since that is a misspelt one."""
    merged = merge_patch(target, patch)
    if isinstance(patch, Mapping):
        merged |= {name: None for name in patch if name not in model.model_fields and patch[name] is None}
    return parse(model, merged)


def wrong(field: str, detail: str) -> Invalid:
    """One wrong field of an object, to be raised."""
    return Invalid(f"{field}: {detail}", [FieldError(f"/{field}", detail)])


def named_status(patch: Mapping[str, Any]) -> None:
    """Raises Invalid when a merge patch takes the status away: what is left would be its default, which publishes."""
    if "status" in patch and patch["status"] is None:
        raise wrong("status", "a status can be changed, but not taken away; got null")


def _field_error(line: Any) -> FieldError:
    location = list(line["loc"])
    # Pydantic names the kind of media within the path; the document has no such step.
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
    # Escaped, so that a control character in the value does not travel on in the error.
    shown = ascii(value) if isinstance(value, str) and not value.isprintable() else repr(value)
    if len(shown) <= longest:
        return shown
    length = f" ({len(value)} characters)" if isinstance(value, str) else ""
    return f"{shown[:longest]}…{length}"
