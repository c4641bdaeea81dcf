"""How large lists and objects may be, and how many errors are named."""

from __future__ import annotations

from typing import Any

import pytest

from stoppress.editing.input_bounds import MEMBERS_MAX
from stoppress.editing.inputs import ERRORS_MAX, BlogInput, PostBatch, PostInput, PostPatch, parse, parse_batch, patched
from stoppress.errors import Invalid

MANY = {f"a{i}": 0 for i in range(100_000)}
LONG = [0] * 500_000


@pytest.mark.parametrize("model", [PostInput, PostPatch, BlogInput, PostBatch])
def test_what_a_model_allows_is_within_the_bounds(model: Any) -> None:
    assert len(model.model_fields) < MEMBERS_MAX


@pytest.mark.parametrize(
    ("content", "pointer", "detail"),
    [
        ({"media": LONG}, "/media", "at most 20 items, but got 500000"),
        ({"tags": ["sea"] * 21, "title": 5}, "/tags", "at most 20 items, but got 21"),
        ({"title": "x", **MANY}, "", "at most 50 members, but got 100001"),
        ({"media": [{"type": "image", **MANY}]}, "/media/0", "at most 50 members, but got 100001"),
    ],
)
def test_the_size_of_lists_and_objects_is_checked_first(content: dict[str, Any], pointer: str, detail: str) -> None:
    for check in (lambda: parse(PostInput, content), lambda: patched(PostPatch, {"title": "was"}, content)):
        with pytest.raises(Invalid) as refused:
            check()
        assert [(error.pointer, detail in error.detail) for error in refused.value.errors] == [(pointer, True)]


@pytest.mark.parametrize("content", [{"posts": LONG}, {"posts": [{"media": LONG}] * 3}, {"posts": [MANY]}])
def test_a_batch_is_checked_for_size_too(content: dict[str, Any]) -> None:
    with pytest.raises(Invalid, match="at most .* but got") as refused:
        parse_batch(content)
    assert len(refused.value.errors) <= 3 and len(str(refused.value)) < 1_000


def test_a_hundred_errors_are_named_and_how_many_more_there_are() -> None:
    with pytest.raises(Invalid) as refused:
        parse_batch({"posts": [{"title": "fine"}, *[{"x": 1, "y": 2, "z": 3}] * 50]})
    errors = refused.value.errors
    assert len(errors) == ERRORS_MAX == 100
    assert errors[0].pointer == "/posts/1/x" and errors[99].pointer == "/posts/34/x"
    assert refused.value.detail.endswith("; 50 more errors are not listed")


def test_a_wrong_value_is_shown_by_its_start() -> None:
    deep: Any = [[[[0] * 100] * 100] * 100] * 100
    shown = {"title": deep, "byline": 10**5_000, "pinned": {"b": 1, "a": []}, "key": "x" * 100}
    with pytest.raises(Invalid) as refused:
        parse(PostInput, shown)
    details = {error.pointer: error.detail for error in refused.value.errors}
    assert details["/title"].endswith("got [[[[" + "0, " * 25 + "0…")
    assert details["/byline"].endswith("got 'a number of 16610 bits'")
    assert details["/pinned"].endswith("got {'b': 1, 'a': []}")
    assert details["/key"].endswith("x… (100 characters)")
