"""Who may come in, what is counted, and what is left of a reader that may not."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from typing import Any

import pytest

from hub.doubles import Following, LimitedTransport, state_of
from hub.history import HistoryInMemory, a_blog
from hub.serving import hub_server, receive
from stoppress.errors import Forbidden, Invalid, Misdirected, NotFound, StopPressError, Unavailable
from stoppress.hub.admission import Admission, Credentials, Services
from stoppress.hub.channel import Channel
from stoppress.hub.channel_opener import ChannelOpener
from stoppress.hub.connection_limits import Full, RateExceeded
from stoppress.hub.dependencies import Clocks
from stoppress.hub.encoded_message import frame_format
from stoppress.hub.follow.catchup import CatchUp
from stoppress.hub.follow.history_pages import HistoryPages
from stoppress.hub.reader import Reader
from stoppress.hub.subscriber import State
from stoppress.hub.tasks import ShortTasks
from stoppress.hub.upkeep.loop_delay import LoopDelay
from stoppress.hub.upkeep.slow_readers import SlowReaders
from stoppress.model import Blog, Cursor
from stoppress.settings import Settings
from stoppress.wire import Form

pytestmark = pytest.mark.anyio


async def test_a_full_hub_answers_503_with_retry_after_until_a_reader_goes() -> None:
    async with hub_server(HistoryInMemory(), readers_max=1) as at:
        async with at.connect() as reader:
            await receive(reader)
            status, headers, problem = await at.http("/v1/blogs/regatta/socket")
            assert (status, headers["retry-after"]) == (503, str(problem["retry_after"]))
            assert at.metric("stoppress_refusals_total", reason="full") == 1
        await at.until(lambda: at.hub.readers() == 0, "the reader is gone")
        async with at.connect() as next_one:
            assert (await receive(next_one))["type"] == "hello"


async def test_a_rush_is_answered_503_and_asks_nothing_of_the_store() -> None:
    history = HistoryInMemory()
    # The one blog that the first reader has opened is asked about no more, so whatever is asked is of the refused.
    async with hub_server(history, handshakes_per_second=1, verify=3_600) as at, at.connect() as reader:
        await receive(reader)
        asked = list(history.asked)
        refused = [await at.http(f"/v1/blogs/{blog}/socket") for blog in ("regatta", "other")]
        assert {status for status, _, _ in refused} == {503}
        assert all(1 <= int(headers["retry-after"]) <= 5 for _, headers, _ in refused)
        assert at.metric("stoppress_refusals_total", reason="rush") == 2
        assert history.asked == asked
        assert at.hub.readers() == 1


async def test_an_address_behind_a_proxy_has_its_own_limit() -> None:
    async with hub_server(HistoryInMemory(), readers_per_address=1, trusted_proxies="127.0.0.1") as at:
        async with at.connect(additional_headers={"X-Forwarded-For": "192.0.2.1"}) as reader:
            await receive(reader)
            path = "/v1/blogs/regatta/socket"
            assert (await at.http(path, {"X-Forwarded-For": "203.0.113.9, 192.0.2.1"}))[0] == 503
            async with at.connect(additional_headers={"X-Forwarded-For": "192.0.2.2"}) as other:
                assert (await receive(other))["type"] == "hello"


async def test_a_store_out_of_reach_is_503_and_nothing_is_kept_of_the_reader() -> None:
    history = HistoryInMemory()
    history.cut(Unavailable("the store is away"))
    async with hub_server(history, readers_max=1) as at:
        for _ in range(3):
            status, headers, problem = await at.http("/v1/blogs/regatta/socket")
            assert (status, problem["detail"]) == (503, "the store is away")
            assert int(headers["retry-after"]) > 0


# By itself


class AdmissionScene(Following):
    """An admission, with the parts to which it passes readers."""

    def __init__(self, blogs: Sequence[Blog] = (), **settings: Any) -> None:
        super().__init__(HistoryInMemory(*blogs))
        chosen = Settings(**settings)
        self.checked: list[tuple[str, str, str]] = []  # the credentials that were checked, and for which blog
        self.tasks = ShortTasks()
        self.seconds = 100.0
        self.loop_delay = RecordingLoopDelay()
        self.slow_readers = SlowReaders(chosen.slow_timeout, lambda: self.seconds)
        history_pages = HistoryPages(self.source.store, self.tasks)
        self.services = Services(
            channels=self.channels,
            opener=ChannelOpener(self.channels, self.source, self.verifier, chosen, self.make),
            catch_up=CatchUp(history_pages, self.verifier, self.tasks),
            history_pages=history_pages,
            slow_readers=self.slow_readers,
            loop_delay=self.loop_delay,
            tasks=self.tasks,
            may_read=self.may_read,
        )
        self.admission = Admission(chosen, self.metrics, Clocks(chance=random.Random(1)), self.services)

    async def may_read(self, blog: str, authorization: str, address: str) -> bool:
        self.checked.append((blog, authorization, address))
        return False

    def admit(self, address: str | None = None, origin: str | None = None) -> None:
        self.admission.admit(origin=origin, host="live.example.org", address=address)

    def refusals(self) -> dict[str, float]:
        """How many refusals were counted, by reason."""
        return {
            sample.labels["reason"]: sample.value
            for sample in next(iter(self.metrics.refusals.collect())).samples
            if sample.name == "stoppress_refusals_total"
        }


class RecordingLoopDelay(LoopDelay):
    """Counts how often it hears of work."""

    def __init__(self) -> None:
        super().__init__(lambda seconds: None)
        self.noted = 0

    def note_work(self) -> None:
        self.noted += 1


class WaitingRequest:
    """A request for a socket that notes its answer."""

    def __init__(self, fails: bool = False) -> None:
        self.accepted: list[Channel] = []
        self.refused: list[StopPressError] = []
        self._fails = fails

    def accept(self, channel: Channel) -> None:
        if self._fails:
            raise RuntimeError("a surprise")
        self.accepted.append(channel)

    def refuse(self, error: StopPressError) -> None:
        self.refused.append(error)


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (Full("no room", 3), "full"),
        (RateExceeded("too many", 3), "rush"),
        (Unavailable("the store is away"), "unavailable"),
        (Forbidden("not from there"), "origin"),
        (NotFound("no such blog"), "blog"),
        (Misdirected("not here"), "role"),
        (Invalid("a bad cursor"), "request"),
        (StopPressError("whatever else"), "error"),
    ],
)
def test_each_refusal_is_counted_once_by_its_reason(error: StopPressError, reason: str) -> None:
    at = AdmissionScene()
    at.admission.count_refusal(error)
    assert at.refusals() == {reason: 1}


async def test_nobody_comes_in_before_the_hub_runs_or_once_it_is_closed() -> None:
    at = AdmissionScene()
    for _ in range(20):
        with pytest.raises(Unavailable, match="shutting down") as refused:
            at.admit()
        assert 1 <= refused.value.retry_after <= 3
    async with at.tasks.open():
        at.admit()
        at.admission.leave(None)
        at.admission.close()
        with pytest.raises(Unavailable, match="shutting down"):
            at.admit()
        with pytest.raises(Unavailable, match="shutting down"):
            await at.admission.open_channel("regatta", None)


@pytest.mark.parametrize("role", ["all", "hub", "api"])
async def test_a_process_of_the_role_api_serves_no_readers(role: str) -> None:
    at = AdmissionScene(role=role, redis_url="redis://127.0.0.1")
    async with at.tasks.open():
        if role == "api":
            with pytest.raises(Misdirected, match="STOPPRESS_ROLE"):
                at.admit()
        else:
            at.admit()


async def test_who_may_not_read_takes_no_place() -> None:
    at = AdmissionScene(readers_max=1, origins="https://a.example", handshakes_per_second=1_000)
    async with at.tasks.open():
        for _ in range(3):
            with pytest.raises(Forbidden):
                at.admit(origin="https://b.example")
        at.admit(origin="https://a.example")
        with pytest.raises(Full):
            at.admit()
        at.admission.leave(None)
        at.admit()
        assert at.loop_delay.noted == 2, "each of the two that came in is work for the event loop"


async def test_the_hub_is_empty_once_all_who_were_admitted_have_left() -> None:
    at = AdmissionScene()
    async with at.tasks.open():
        await asyncio.wait_for(at.admission.wait_until_empty(0), 1)
        at.admit()
        at.admit()
        with pytest.raises(TimeoutError):
            await at.admission.wait_until_empty(0.01)
        waiting = asyncio.create_task(at.admission.wait_until_empty(20))
        at.admission.leave(None)
        await asyncio.sleep(0)
        assert not waiting.done()
        at.admission.leave(None)
        await waiting


def test_an_open_channel_is_given_at_once_if_it_can_go_on_from_the_cursor() -> None:
    at = AdmissionScene()
    at.history.publish("a")
    assert at.admission.channel("regatta", None) is None
    channel = at.open()
    assert at.admission.channel("regatta", None) is channel
    assert at.admission.channel("regatta", Cursor("e1", 1)) is channel
    assert at.admission.channel("regatta", Cursor("e1", 2)) is None
    assert at.admission.channel("regatta", Cursor("e2", 0)) is None
    assert at.history.asked == []


async def test_who_has_to_wait_is_accepted_or_refused_once() -> None:
    at = AdmissionScene()
    async with at.tasks.open():
        fine, lost, unlucky = WaitingRequest(), WaitingRequest(), WaitingRequest(fails=True)
        await at.admission.answer_later(fine, "regatta", None)
        await at.admission.answer_later(lost, "nowhere", None)
        await at.admission.answer_later(unlucky, "regatta", None)
    assert (fine.accepted, fine.refused) == ([at.channels.get("regatta")], [])
    assert [type(error) for error in lost.refused] == [NotFound]
    assert [str(error) for error in unlucky.refused] == [
        "the WebSocket could not be opened; the server's log has the cause"
    ]


async def test_a_reader_is_passed_on_to_what_brings_it_on_and_to_its_deadline() -> None:
    at = AdmissionScene(slow_timeout=5.0)
    async with at.tasks.open():
        at.history.publish("a", "b")
        channel = at.open()
        transport = LimitedTransport()
        reader = Reader(channel, frame_format(Form.JSON), transport, at.admission)
        reader.start(Cursor("e1", 0))
        assert state_of(reader) is State.CATCHING_UP
        await at.until(lambda: reader.live, "it is brought to the head")
        reader.pause()
        at.seconds += 5
        at.slow_readers.sweep()
        assert state_of(reader) is State.CLOSING
        other = Reader(channel, frame_format(Form.JSON), LimitedTransport(), at.admission)
        other.start(None)
        other.pause()
        other.resume()
        at.seconds += 5
        at.slow_readers.sweep()
        assert state_of(other) is State.LIVE


def test_the_address_is_the_one_before_the_first_proxy_that_is_not_trusted() -> None:
    at = AdmissionScene(trusted_proxies="10.0.0.0/8")
    assert at.admission.address("10.0.0.1", ["203.0.113.9, 192.0.2.1"]) == "192.0.2.1"
    assert at.admission.address("192.0.2.7", ["203.0.113.9"]) == "192.0.2.7"


@pytest.mark.parametrize("blog", ["regatta", "nowhere"])
async def test_a_token_is_checked_whether_or_not_there_is_such_a_blog(blog: str) -> None:
    """A wrong one is counted then, and a limit that counts only those for private blogs would tell which exist."""
    at = AdmissionScene(blogs=[a_blog(visibility="private")])
    with pytest.raises(NotFound):
        await at.admission.open_channel(blog, None, Credentials("Bearer wrong", "192.0.2.1"))
    assert at.checked == [(blog, "Bearer wrong", "192.0.2.1")]
