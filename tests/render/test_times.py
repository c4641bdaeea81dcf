"""A moment as readers see it: every zone by the name it goes by, every language in its own order."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from stoppress.render.times import direction, shown

SPRING = datetime(2023, 3, 21, 12, 31, tzinfo=UTC)
SUMMER = datetime(2023, 7, 21, 4, 0, tzinfo=UTC)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def test_american_english_follows_newspaper_style() -> None:
    assert shown(SPRING, "America/New_York", "en") == "8:31 a.m. ET, March 21, 2023"
    assert shown(SPRING, "America/New_York", "en-US") == "8:31 a.m. ET, March 21, 2023"


@pytest.mark.parametrize(
    ("moment", "time"),
    [
        ("2023-03-21T04:00:00Z", "12:00 a.m."),
        ("2023-03-21T04:05:59Z", "12:05 a.m."),
        ("2023-03-21T15:59:00Z", "11:59 a.m."),
        ("2023-03-21T16:00:00Z", "12:00 p.m."),
        ("2023-03-21T17:00:00Z", "1:00 p.m."),
        ("2023-03-22T03:59:00Z", "11:59 p.m."),
    ],
)
def test_noon_midnight_and_whole_hours_show_their_minutes(moment: str, time: str) -> None:
    assert shown(at(moment), "America/New_York", "en") == f"{time} ET, March 21, 2023"


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        ("2023-03-12T06:59:00Z", "1:59 a.m. ET, March 12, 2023"),
        ("2023-03-12T07:00:00Z", "3:00 a.m. ET, March 12, 2023"),
        ("2023-11-05T05:30:00Z", "1:30 a.m. ET, November 5, 2023"),
        ("2023-11-05T06:30:00Z", "1:30 a.m. ET, November 5, 2023"),
        ("2023-11-05T07:30:00Z", "2:30 a.m. ET, November 5, 2023"),
    ],
)
def test_clocks_change(moment: str, text: str) -> None:
    assert shown(at(moment), "America/New_York", "en") == text


@pytest.mark.parametrize(
    ("timezone", "spring", "summer"),
    [
        ("America/New_York", "8:31 a.m. ET", "12:00 a.m. ET"),
        ("US/Eastern", "8:31 a.m. ET", "12:00 a.m. ET"),
        ("America/Toronto", "8:31 a.m. ET", "12:00 a.m. ET"),
        ("America/Chicago", "7:31 a.m. CT", "11:00 p.m. CT"),
        ("America/Denver", "6:31 a.m. MT", "10:00 p.m. MT"),
        ("America/Los_Angeles", "5:31 a.m. PT", "9:00 p.m. PT"),
        ("America/Phoenix", "5:31 a.m. MST", "9:00 p.m. MST"),
        ("America/Havana", "8:31 a.m. CDT", "12:00 a.m. CDT"),
        ("America/Anchorage", "4:31 a.m. AKDT", "8:00 p.m. AKDT"),
        ("Europe/London", "12:31 p.m. GMT", "5:00 a.m. BST"),
        ("Europe/Paris", "1:31 p.m. CET", "6:00 a.m. CEST"),
        ("Asia/Tokyo", "9:31 p.m. JST", "1:00 p.m. JST"),
        ("Asia/Kolkata", "6:01 p.m. IST", "9:30 a.m. IST"),
        ("Australia/Adelaide", "11:01 p.m. ACDT", "1:30 p.m. ACST"),
        ("UTC", "12:31 p.m. UTC", "4:00 a.m. UTC"),
        ("Asia/Dubai", "4:31 p.m. GMT+4", "8:00 a.m. GMT+4"),
        ("Asia/Kathmandu", "6:16 p.m. GMT+5:45", "9:45 a.m. GMT+5:45"),
        ("America/Sao_Paulo", "9:31 a.m. GMT-3", "1:00 a.m. GMT-3"),
        ("Etc/GMT+5", "7:31 a.m. GMT-5", "11:00 p.m. GMT-5"),
    ],
)
def test_a_zone_goes_by_the_name_that_readers_there_know(timezone: str, spring: str, summer: str) -> None:
    assert shown(SPRING, timezone, "en").startswith(f"{spring}, ")
    assert shown(SUMMER, timezone, "en").startswith(f"{summer}, ")


def test_local_mean_time_is_no_zone_that_anybody_knows() -> None:
    assert "GMT-3:06" in shown(at("1905-01-01T12:00:00Z"), "America/Sao_Paulo", "en")


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en-GB", "13:31 CET, 21 March 2023"),
        ("en-IE", "13:31 CET, 21 March 2023"),
        ("en-AU", "1:31 p.m. CET, 21 March 2023"),
        ("fr", "21 mars 2023, 13:31 CET"),
        ("de", "21. März 2023, 13:31 CET"),
        ("es", "21 de marzo de 2023, 13:31 CET"),
        ("ja", "2023年3月21日 13:31 CET"),
        ("zh-Hans", "2023年3月21日 13:31 CET"),
        ("ar", "21 مارس 2023، 1:31 م CET"),
        ("he", "21 במרץ 2023, 13:31 CET"),
    ],
)
def test_a_language_has_its_own_order(language: str, text: str) -> None:
    assert shown(SPRING, "Europe/Paris", language) == text


@pytest.mark.parametrize(("language", "way"), [("en", "ltr"), ("ar", "rtl"), ("he", "rtl"), ("fa-IR", "rtl")])
def test_a_language_has_its_direction(language: str, way: str) -> None:
    assert direction(language) == way
