"""What every endpoint needs from a request: its query, whether a browser sent it, and errors about its parts."""

from __future__ import annotations

from starlette.requests import Request

from stoppress.errors import Invalid, ParameterError
from stoppress.query_parameters import Query


def invalid(name: str, detail: str, status: int = 422) -> Invalid:
    """The error for a wrong header, path parameter or body, named `name`. The status is 422 unless given."""
    return Invalid(f"{name}: {detail}", [ParameterError(name, detail)], status=status)


def wants_page(request: Request) -> bool:
    """Whether the request comes from a browser: it accepts HTML and does not accept JSON."""
    accepted = request.headers.get("accept", "")
    return "text/html" in accepted and "application/json" not in accepted


def query(request: Request) -> Query:
    """The values of the query. web/request_checks.py validated it before calling the endpoint."""
    found: Query = request.state.query
    return found
