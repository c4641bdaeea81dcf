"""What a client does with messages and closings, with no socket about it."""

from __future__ import annotations

import pytest

from stoppress.cli.reconnect import AHEAD, ENDED_PATIENCE, LONGEST_DELAY, FollowState, Message


class Time:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def following(time: Time) -> FollowState:
    state = FollowState(clock=time, chance=lambda: 1.0)
    state.connected()
    return state


def hello(cursor: str = "e.4", status: str = "live", heartbeat: float = 10) -> Message:
    return {"type": "hello", "cursor": cursor, "blog": {"status": status}, "heartbeat": heartbeat, "resumed": True}


def test_it_keeps_the_last_cursor(following: FollowState) -> None:
    assert following.receive(hello("e.4"))
    assert following.receive({"type": "post", "cursor": "e.5"})
    assert following.receive({"type": "remove", "cursor": "e.9"})
    assert following.cursor == "e.9"


def test_a_heartbeat_does_not_move_it(following: FollowState) -> None:
    following.receive(hello("e.4"))
    assert not following.receive({"type": "heartbeat", "cursor": "e.7"})
    assert following.cursor == "e.4"


def test_unknown_messages_and_fields_are_ignored(following: FollowState, time: Time) -> None:
    following.receive(hello("e.4"))
    assert not following.receive({"type": "aurora", "cursor": "e.5"})
    assert following.cursor == "e.5"  # every message moves it
    assert not following.receive({"type": "heartbeat", "cursor": "e.5", "region": "north"})
    assert following.silent_until == time.now + 2 * 10  # not behind


def test_a_reset_gives_the_new_cursor(following: FollowState) -> None:
    following.receive(hello("e.4"))
    assert following.receive({"type": "reset", "cursor": "f.1", "reason": "epoch"})
    assert following.cursor == "f.1"


def test_silence_of_two_heartbeats_is_a_dead_connection(following: FollowState, time: Time) -> None:
    following.receive(hello(heartbeat=10))
    assert following.silent_until == time.now + 20
    time.now += 15
    following.receive({"type": "heartbeat", "cursor": "e.4"})
    assert following.silent_until == time.now + 20


def test_a_heartbeat_that_is_ahead_for_some_seconds_means_that_something_was_lost(
    following: FollowState, time: Time
) -> None:
    following.receive(hello("e.4", heartbeat=10))
    following.receive({"type": "heartbeat", "cursor": "e.5"})
    assert following.silent_until == time.now + AHEAD
    following.receive({"type": "post", "cursor": "e.5"})
    assert following.silent_until == time.now + 20


@pytest.mark.parametrize("code", [1000, 1008, 4404])
def test_some_codes_mean_never_again(following: FollowState, code: int) -> None:
    assert following.after_close(code) is None


def test_bye_says_when_to_come_back(following: FollowState) -> None:
    following.receive(hello())
    assert not following.receive({"type": "bye", "cursor": "e.4", "retry_after_ms": 1500, "reason": "restart"})
    assert following.after_close(1012) == 1.5


@pytest.mark.parametrize("code", [None, 1001, 1006, 1012, 1013])
def test_back_off_doubles_up_to_its_limit(following: FollowState, code: int | None) -> None:
    delays = [following.after_close(code) for _ in range(9)]
    assert delays == [0.5, 1, 2, 4, 8, 16, LONGEST_DELAY, LONGEST_DELAY, LONGEST_DELAY]


def test_jitter_is_full(time: Time) -> None:
    following = FollowState(clock=time, chance=lambda: 0.25)
    assert following.after_close(None) == 0.125
    assert following.after_close(None, at_least=3) == 3.25


def test_a_connection_that_stood_for_a_heartbeat_ends_the_back_off(following: FollowState, time: Time) -> None:
    for _ in range(5):
        following.after_close(None)
    following.connected()
    following.receive(hello(heartbeat=10))
    time.now += 10
    following.receive({"type": "heartbeat", "cursor": "e.4"})
    assert following.after_close(None) == 0.5


def test_one_that_was_cut_at_once_does_not(following: FollowState) -> None:
    for _ in range(3):
        following.after_close(None)
    following.connected()
    following.receive(hello())
    assert following.after_close(None) == 4


def test_after_the_end_the_rest_is_waited_for_but_briefly(following: FollowState, time: Time) -> None:
    following.receive(hello(status="ended"))
    assert following.ended
    assert following.silent_until == time.now + ENDED_PATIENCE
    following.receive({"type": "blog", "cursor": "e.6", "blog": {"status": "live"}})
    assert not following.ended
