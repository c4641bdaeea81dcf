"""A route or a metric that is not in the docs does not exist."""

from __future__ import annotations

from pathlib import Path

import pytest

from stoppress.metrics import Metrics
from stoppress.web.contract.operations import OPERATIONS

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize(("method", "path"), [(operation.method, operation.path) for operation in OPERATIONS])
def test_every_route_is_in_the_docs(method: str, path: str) -> None:
    assert f"`{method} {path}`" in (DOCS / "http-api.md").read_text()


def test_every_metric_is_in_the_docs() -> None:
    told = (DOCS / "metrics.md").read_text()
    names = {metric.name for metric in Metrics().registry.collect() if metric.name.startswith("stoppress_")}
    assert names
    assert {name for name in names if f"`{name}" not in told} == set()
