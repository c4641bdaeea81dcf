"""The scripts in wire/ run by a client of few lines, and by the state that `stoppress tail` keeps.

tests/e2e/test_wire_scripts.py has the server say them, tests/cli/test_tail.py runs them against the command, and
tests/client/ against the page's client.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from stoppress.cli.reconnect import FollowState
from wire_client import Object, client, load, scripts

SCRIPTS = scripts()


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_script(path: Path) -> None:
    script = load(path)
    reader = client(script["start"])
    for message in script["messages"]:
        reader.receive(message)
    reader.assert_is(script["then"])


@pytest.mark.parametrize("path", scripts("polling"), ids=lambda path: path.stem)
def test_polling(path: Path) -> None:
    script = load(path)
    reader = client(script["start"])
    polls = iter(script["polls"])
    ended = False
    while not ended:
        poll = next(polls)
        assert (poll["after"], poll["status"]) == (reader.cursor, 200)
        answer = poll["answer"]
        for message in answer["messages"]:
            reader.receive(message)
        assert reader.cursor == answer["cursor"]
        reader.blog_is(answer["blog_status"])
        ended = reader.phase == "ended" and not answer["more"]
    assert list(polls) == []
    reader.assert_is(script["then"])


@pytest.mark.parametrize("path", scripts("events"), ids=lambda path: path.stem)
def test_events(path: Path) -> None:
    script = load(path)
    reader = client(script["start"])
    last_event_id = None
    for request in script["requests"]:
        assert (request["cursor"], request["last_event_id"]) == (script["start"]["cursor"], last_event_id)
        for event in request["events"]:
            reader.receive(event["data"])
            last_event_id = event.get("id", last_event_id)
            assert last_event_id == reader.cursor  # so an EventSource comes back where an app would
        assert (request["status"] == 204) == (request["events"] == [])
    reader.assert_is(script["then"])


@pytest.mark.parametrize("path", scripts("max-message"), ids=lambda path: path.stem)
def test_max_message(path: Path) -> None:
    script = load(path)
    fetches = iter(script["fetches"])

    def fetch(post: str) -> Object | None:
        asked = next(fetches)
        assert asked["post"] == post
        answer: Object | None = asked["answer"]
        return answer

    reader = client(script["start"], fetch=fetch)
    for message in script["messages"]:
        reader.receive(message)
    assert list(fetches) == []
    reader.assert_is(script["then"])


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_the_cursor_and_the_end_as_stoppress_tail_has_them(path: Path) -> None:
    script = load(path)
    state = FollowState(clock=lambda: 0.0, chance=lambda: 0.0, cursor=script["start"]["cursor"] or None)
    state.connected()
    for message in script["messages"]:
        state.receive(message)
    assert state.cursor == script["then"]["cursor"]
    assert state.ended == (script["then"]["phase"] == "ended")


def test_there_are_scripts() -> None:
    assert len(SCRIPTS) >= 18
    assert [len(scripts(kind)) for kind in ("polling", "events", "max-message")] == [1, 2, 1]
