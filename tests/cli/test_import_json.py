"""What may be imported, which ids posts get, and when there is nothing to change."""

from __future__ import annotations

import json
from typing import Any

import pytest

from stoppress.cli.import_json import different, read_document
from stoppress.errors import Invalid
from stoppress.model import BlogFields, PostFields

BLOG = {"id": "harbour", "title": "The lighthouse is lit again", "timezone": "Europe/Lisbon"}


def document(**parts: Any) -> str:
    return json.dumps({"blog": BLOG, **parts})


def pointers(text: str) -> set[str]:
    with pytest.raises(Invalid) as raised:
        read_document(text, name="story.json")
    return {error.pointer for error in raised.value.errors}


def test_what_is_no_json_is_said_with_its_place() -> None:
    with pytest.raises(Invalid, match="story.json is not JSON: .* line 1"):
        read_document("{", name="story.json")


def test_a_list_is_no_document() -> None:
    with pytest.raises(Invalid, match="but got a list"):
        read_document("[]", name="story.json")


def test_every_fault_of_the_shape_is_named() -> None:
    assert pointers('{"blog": 3, "posts": {}, "extra": 1}') == {"/blog", "/posts", "/extra"}
    assert pointers('{"blog": {"title": "x"}}') == {"/blog/id"}
    assert pointers(document(posts=[{}, "two", {"id": 3}])) == {"/posts/1", "/posts/2/id"}


def test_an_id_that_comes_twice_is_named_with_both_places() -> None:
    with pytest.raises(Invalid) as raised:
        read_document(document(posts=[{"id": "a"}, {"id": "b"}, {"id": "a"}]), name="story.json")
    assert [(e.pointer, e.detail) for e in raised.value.errors] == [("/posts/2/id", "'a' is also the id of /posts/0")]


def test_posts_keep_their_made_ids_when_others_come_before_them_or_their_text_changes() -> None:
    first = {"title": "Lit", "body": "<p>At dusk.</p>", "published_at": "2031-05-04T19:00:00Z"}
    second = {"body": "<p>Fog.</p>"}
    before = read_document(document(posts=[first, second]), name="s").posts
    after = read_document(
        document(posts=[{"body": "new"}, second, first | {"body": "<p>At seven.</p>"}]), name="s"
    ).posts
    assert before[0]["id"] == after[2]["id"]
    assert before[1]["id"] == after[1]["id"]


def test_two_posts_of_the_same_words_are_two_posts() -> None:
    posts = read_document(document(posts=[{"body": "Fog."}, {"body": "Fog."}]), name="s").posts
    assert posts[0]["id"] != posts[1]["id"]


STORED = {
    "title": "Lit",
    "body": "<p>At <strong>dusk</strong>.</p>",
    "body_format": "html",
    "key": False,
    "tags": ["Light"],
    "media": [],
    "published_at": "2031-05-04T19:00:00Z",
    "status": "published",
}


def test_what_reads_differently_but_is_the_same_needs_no_patch() -> None:
    wanted = {
        "title": " Lit ",
        "body": "At **dusk**.",
        "body_format": "markdown",
        "published_at": "2031-05-04T20:00:00+01:00",
        "tags": ["Light"],
        "status": "published",
    }
    assert different(STORED, wanted, PostFields) == {}


def test_a_patch_holds_what_differs_alone() -> None:
    assert different(STORED, {"title": "Lit", "key": True}, PostFields) == {"key": True}
    assert different(STORED, {"body": "Out.", "body_format": "markdown"}, PostFields) == {
        "body": "Out.",
        "body_format": "markdown",
    }


def test_what_would_be_refused_is_in_the_patch_so_that_the_server_says_why() -> None:
    assert different(STORED, {"colour": "red", "key": "maybe"}, PostFields) == {"colour": "red", "key": "maybe"}
    assert different(BLOG, {"timezone": "Mars/Base"}, BlogFields) == {"timezone": "Mars/Base"}
