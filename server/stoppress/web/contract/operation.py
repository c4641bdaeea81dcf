"""One operation of the API, said once: the route is made from it, and so is its entry in the OpenAPI document."""

from __future__ import annotations

import logging
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any, Literal

from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from stoppress.errors import NotFound, StopPressError
from stoppress.fields import ID_PATTERN
from stoppress.metrics import Metrics
from stoppress.query import QueryParameter
from stoppress.web.http.response import problem_answer

_ID = re.compile(ID_PATTERN)
_log = logging.getLogger("stoppress.web")
Endpoint = Callable[[Request], Awaitable[Response]]
ErrorPage = Callable[[Request, StopPressError], Response]
Schema = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of the path or the headers; those of the query are QueryParameter (query.py)."""

    name: str
    place: Literal["path", "header"]
    about: str
    schema: Schema = field(default_factory=lambda: {"type": "string"})


@dataclass(frozen=True, slots=True)
class Operation:
    """`body` is the model of the request's body; `answers` names the schema of each good answer by its status, and
    `problems` the statuses that errors may have."""

    method: str
    path: str
    name: str
    about: str
    endpoint: Endpoint | None  # None: another part of the server answers; it is only told of here
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

    @property
    def query(self) -> tuple[QueryParameter[Any], ...]:
        """The parameters of its query."""
        return tuple(parameter for parameter in self.parameters if isinstance(parameter, QueryParameter))

    @property
    def strict(self) -> bool:
        """Whether a query may have only what is declared. The links of pages and feeds are shared, with `utm_…`."""
        return self.path.startswith("/v1/")

    def counted(self, metrics: Metrics, error_page: ErrorPage | None = None) -> Endpoint:
        """The endpoint: counted, its errors answered as problems (or, for pages, by `error_page`)."""

        endpoint = self.endpoint
        assert endpoint is not None

        async def run(request: Request) -> Response:
            began = perf_counter()
            status = 500
            try:
                for name in ("blog", "post"):
                    given = request.path_params.get(name)
                    if given is not None and not _ID.fullmatch(given):
                        raise NotFound(f"there is no {name} {ascii(given)[:80]}: that is no id")
                response = await endpoint(request)
                status = response.status_code
            except StopPressError as error:
                if error.status >= 500:
                    _log.warning("%s %s: %s", self.method, self.path, error)
                response = error_page(request, error) if error_page else problem_answer(error)
                status = response.status_code
            finally:
                metrics.requests.labels(self.path, self.method, status).observe(perf_counter() - began)
            return response

        return run


def route(path: str, endpoints: Mapping[str, Endpoint]) -> Route:
    """One Starlette route for all methods of a path, so that a 405 names all that are allowed."""

    async def dispatch(request: Request) -> Response:
        return await endpoints["GET" if request.method == "HEAD" else request.method](request)

    return Route(path, dispatch, methods=list(endpoints))


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
