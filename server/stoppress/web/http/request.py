"""What every route asks of a request: its query, whether a browser sends it, and how a wrong part of it is refused."""

from __future__ import annotations

from starlette.requests import Request

from stoppress.errors import Invalid, ParameterError
from stoppress.query_parameters import Query


def invalid(name: str, detail: str, status: int = 422) -> Invalid:
    """A header, a parameter of the path or a body that is wrong, by its name."""
    return Invalid(f"{name}: {detail}", [ParameterError(name, detail)], status=status)


def wants_page(request: Request) -> bool:
    """Whether a browser asks: for HTML, and not for JSON as well."""
    accepted = request.headers.get("accept", "")
    return "text/html" in accepted and "application/json" not in accepted


def query(request: Request) -> Query:
    """The values of the query, which was judged before the endpoint was called (web/routes.py)."""
    found: Query = request.state.query
    return found
