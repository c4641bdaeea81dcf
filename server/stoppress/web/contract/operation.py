"""The description of one operation of the API. Its route and its entry in the OpenAPI document are made from it.

The operations themselves are in operations/, one file for each resource.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import BaseModel

from stoppress.fields import ID_PATTERN
from stoppress.query_parameters import QueryParameter
from stoppress.web.contract.examples import story

Schema = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter in the path or a header. Query parameters are QueryParameter (query_parameters.py)."""

    name: str
    place: Literal["path", "header"]
    about: str
    schema: Schema = field(default_factory=lambda: {"type": "string"})
    example: str | int | None = None


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of the API.

    `body` is the model of the request's body. `answers` maps the status of each successful response to its schema.
    `problems` are the statuses of errors. `about` is a summary in a few words, and `description` the details: there one
    of the limits (openapi.py) in braces, such as `{limits.body_limit}`, is replaced by its value.
    """

    method: str
    path: str
    name: str
    about: str
    tag: str
    scope: str | None = None
    body: type[BaseModel] | None = None
    merge_patch: bool = False
    accepts: tuple[str, ...] = ()  # media types of a body that is not JSON
    parameters: tuple[Parameter | QueryParameter[Any], ...] = ()
    answers: Mapping[int, Schema | None] = field(default_factory=dict)
    problems: tuple[int, ...] = ()
    media_type: str = "application/json"
    page: bool = False  # a browser gets an HTML document instead
    description: str = ""
    by_hub: bool = False  # the hub serves it, with a route of its own

    @property
    def query(self) -> tuple[QueryParameter[Any], ...]:
        """The operation's query parameters."""
        return tuple(parameter for parameter in self.parameters if isinstance(parameter, QueryParameter))

    @property
    def strict(self) -> bool:
        """Whether unknown query parameters are refused. Pages and feeds accept them, because shared links carry
        parameters such as `utm_…`."""
        return self.path.startswith("/v1/")


_ID = {"type": "string", "pattern": ID_PATTERN}
BLOG = Parameter("blog", "path", "The blog's id.", _ID, story.BLOG_ID)
POST = Parameter("post", "path", "The post's id.", _ID, story.POST_ID)


IF_MATCH = Parameter(
    "If-Match", "header", 'The revision that you edited, such as `"3"`; 412 if it is not the current one.'
)
IDEMPOTENCY_KEY = Parameter(
    "Idempotency-Key",
    "header",
    "Makes the request safe to retry: the same key and body get the first response again.",
    {"type": "string", "minLength": 1, "maxLength": 255},
)
