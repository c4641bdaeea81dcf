"""Which blogs this process follows, and who hears of a change."""

from __future__ import annotations

from hub.doubles import Following, LimitedTransport, RecordingHost
from hub.history import HistoryInMemory, a_blog
from stoppress.hub.encoded_message import close_frame, frame_format
from stoppress.hub.reader import Reader
from stoppress.hub.subscriber import State
from stoppress.model import Cursor
from stoppress.store.base import BlogState
from stoppress.wire import Close, Form


def two_blogs() -> Following:
    """None of them is open."""
    return Following(HistoryInMemory(a_blog(), a_blog("harbour")))


def test_an_open_channel_is_found_by_its_blog_until_it_is_closed() -> None:
    at = two_blogs()
    assert (len(at.channels), at.channels.get("regatta"), at.channels.cursors()) == (0, None, {})
    regatta, harbour = at.open("regatta"), at.open("harbour")
    assert (len(at.channels), list(at.channels)) == (2, [regatta, harbour])
    assert at.channels.get("regatta") is regatta
    assert at.channels.cursors() == {"regatta": Cursor("e1", 0), "harbour": Cursor("e2", 0)}
    at.channels.close(regatta)
    at.channels.close(regatta)
    assert (at.channels.get("regatta"), list(at.channels)) == (None, [harbour])


def test_channels_may_come_and_go_while_they_are_gone_through() -> None:
    at = two_blogs()
    for channel in (at.open("regatta"), at.open("harbour")):
        assert channel in list(at.channels)
    for channel in at.channels:
        at.channels.close(channel)
    assert len(at.channels) == 0


def test_only_the_last_channel_of_a_blog_is_the_open_one() -> None:
    at = two_blogs()
    old = at.open("regatta")
    assert at.channels.is_open(old)
    new = at.open("regatta")
    assert (at.channels.is_open(old), at.channels.is_open(new)) == (False, True)


def test_every_listener_hears_of_a_channel_that_is_added_begins_anew_or_falls_behind() -> None:
    at = two_blogs()
    heard: list[str] = []
    at.channels.on_change(lambda: heard.append("first"))
    at.channels.on_change(lambda: heard.append("second"))
    channel = at.open("regatta")
    assert heard == ["first", "second"]
    at.channels.renew(channel, BlogState(a_blog(), Cursor("e3", 4)), "epoch")
    assert heard == ["first", "second"] * 2
    assert channel.cursor == Cursor("e3", 4)
    at.channels.fell_behind("regatta")
    assert heard == ["first", "second"] * 3
    at.channels.close(channel)
    assert heard == ["first", "second"] * 3, "nothing has to be looked at anew for a blog that is followed no more"


def test_each_channel_that_fell_behind_is_given_out_once_if_it_is_still_open() -> None:
    at = two_blogs()
    regatta, harbour = at.open("regatta"), at.open("harbour")
    assert at.channels.next_behind() is None
    for blog in ("regatta", "regatta", "harbour", "nowhere"):
        at.channels.fell_behind(blog)
    assert {at.channels.next_behind(), at.channels.next_behind()} == {regatta, harbour}
    assert at.channels.next_behind() is None
    at.channels.fell_behind("regatta")
    at.channels.close(regatta)
    assert at.channels.next_behind() is None


def test_when_a_blog_is_no_more_its_channel_is_closed_first_and_its_readers_with_4404() -> None:
    at = two_blogs()
    channel = at.open("regatta")
    transport = LimitedTransport()
    reader = Reader(channel, frame_format(Form.JSON), transport, RecordingHost())
    reader.start(None)
    for _ in at.channels.close_deleted(channel):
        pass
    assert at.channels.get("regatta") is None
    assert channel.deleted
    assert reader.state is State.CLOSING
    assert transport.sent.endswith(close_frame(Close.NO_SUCH_BLOG))
