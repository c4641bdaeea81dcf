"""What is said of one operation of the API: the route is made from it, and so is its entry in the OpenAPI document.

The operations themselves are in operations/, one file for each kind of thing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import BaseModel

from stoppress.fields import ID_PATTERN
from stoppress.query_parameters import QueryParameter

Schema = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of the path or the headers; those of the query are QueryParameter (query_parameters.py)."""

    name: str
    place: Literal["path", "header"]
    about: str
    schema: Schema = field(default_factory=lambda: {"type": "string"})


@dataclass(frozen=True, slots=True)
class Operation:
    """`body` is the model of the request's body; `answers` names the schema of each good answer by its status, and
    `problems` the statuses that errors may have. In `description`, a setting in braces, such as
    `{settings.body_limit}`, stands for its value."""

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
    page: bool = False  # browsers get it as an HTML document
    description: str = ""
    by_hub: bool = False  # the hub answers, on a route of its own

    @property
    def query(self) -> tuple[QueryParameter[Any], ...]:
        """The parameters of its query."""
        return tuple(parameter for parameter in self.parameters if isinstance(parameter, QueryParameter))

    @property
    def strict(self) -> bool:
        """Whether a query may have only what is declared. The links of pages and feeds are shared, with `utm_…`."""
        return self.path.startswith("/v1/")


BLOG = Parameter("blog", "path", "The blog's id.", {"type": "string", "pattern": ID_PATTERN})
POST = Parameter("post", "path", "The post's id.", {"type": "string", "pattern": ID_PATTERN})


IF_MATCH = Parameter(
    "If-Match", "header", 'The revision that the change was made for, such as `"3"`; if another stands, 412.'
)
IDEMPOTENCY_KEY = Parameter(
    "Idempotency-Key",
    "header",
    "Names this request, so that it may be sent again: the same key and body gets the first answer again.",
    {"type": "string", "minLength": 1, "maxLength": 255},
)
