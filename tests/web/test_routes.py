"""The site: what is described is answered, and nothing else."""

from __future__ import annotations

from collections import Counter

import pytest

from stoppress.web.contract.operations import OPERATIONS
from stoppress.web.dependencies import Dependencies
from stoppress.web.routes import endpoints

pytestmark = pytest.mark.anyio


async def test_each_operation_has_an_endpoint_and_each_endpoint_an_operation(context: Dependencies) -> None:
    assert set(endpoints(context)) == {operation.name for operation in OPERATIONS if not operation.by_hub}


async def test_no_two_operations_have_one_name_or_one_method_and_path() -> None:
    names = Counter(operation.name for operation in OPERATIONS)
    places = Counter((operation.method, operation.path) for operation in OPERATIONS)
    assert set(names.values()) == set(places.values()) == {1}
