"""Which ids a path may have."""

from __future__ import annotations

import pytest
from starlette.requests import Request

from stoppress.errors import NotFound
from stoppress.web.http.path_ids import check_path_ids


def request(**ids: str) -> Request:
    return Request({"type": "http", "path_params": ids})


@pytest.mark.parametrize("ids", [{}, {"blog": "night"}, {"blog": "night", "post": "p-1"}])
def test_valid_ids_pass(ids: dict[str, str]) -> None:
    check_path_ids(request(**ids))


@pytest.mark.parametrize("name", ["blog", "post"])
def test_a_malformed_id_is_not_found_and_is_named(name: str) -> None:
    with pytest.raises(NotFound, match=f"no {name} 'no id'"):
        check_path_ids(request(**{"blog": "night", name: "no id"}))
