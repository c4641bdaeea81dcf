"""Formats times for readers, in the blog's time zone and language.

English follows newspaper style, in the date order of the country: `8:31 a.m. ET, March 21, 2023` in the United States,
`08:31 GMT, 21 March 2023` in Britain. Other languages follow the Unicode locale data (CLDR, through Babel), with the
zone after the time. The zone is written as its readers know it: ET, CT, MT or PT where clocks change the American way,
otherwise the abbreviation in the tz database, or `GMT+4` where the database has only a number.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_time, get_datetime_format, get_time_format

# The key is the names in winter and in summer, and the winter's offset from UTC in hours. The names alone are not
# enough: Havana also has CST and CDT, one hour off. A zone without summer time (Phoenix) is not here, and shows MST.
_GENERIC = {
    ("EST", "EDT", -5): "ET",
    ("CST", "CDT", -6): "CT",
    ("MST", "MDT", -7): "MT",
    ("PST", "PDT", -8): "PT",
}
_ABBREVIATION_MAX = 5


def shown(moment: datetime, timezone: str, language: str) -> str:
    """The time as readers see it, such as `8:31 a.m. ET, March 21, 2023`.

    `moment` is an aware datetime, `timezone` an IANA name and `language` a BCP 47 tag; the model validates both.
    """
    local = moment.astimezone(ZoneInfo(timezone))
    locale = _locale(language)
    zone = _zone(local)
    if locale.language == "en":
        date = format_date(local, _english_date(locale), locale=locale)
        return f"{_english_time(local, locale)} {zone}, {date}"
    time = format_time(local, "short", locale=locale)
    date = format_date(local, "long", locale=locale)
    # CLDR's pattern quotes its literal words, as in "{1} 'um' {0}".
    pattern = str(get_datetime_format("long", locale=locale)).replace("'", "")
    return pattern.format(f"{time} {zone}", date)


def direction(language: str) -> str:
    """The direction in which the language is written: `ltr` or `rtl`."""
    return _locale(language).text_direction


@lru_cache(maxsize=256)
def _locale(language: str) -> Locale:
    return Locale.parse(language, sep="-")


def _english_date(locale: Locale) -> str:
    month_first = locale.date_formats["long"].pattern.startswith("M")
    return "MMMM d, y" if month_first else "d MMMM y"


def _english_time(local: datetime, locale: Locale) -> str:
    if "a" not in get_time_format("short", locale=locale).pattern:
        return f"{local:%H:%M}"
    return f"{local.hour % 12 or 12}:{local:%M} {'a.m.' if local.hour < 12 else 'p.m.'}"


def _zone(local: datetime) -> str:
    name = local.tzname() or ""
    winter, summer = (datetime(local.year, month, 1, 12, tzinfo=local.tzinfo) for month in (1, 7))
    hours = (winter.utcoffset() or timedelta()) / timedelta(hours=1)
    names = (winter.tzname() or "", summer.tzname() or "")
    if name in names and (generic := _GENERIC.get((*names, int(hours)))):
        return generic
    # LMT is local mean time, from before time zones were introduced.
    if name.isascii() and name.isalpha() and len(name) <= _ABBREVIATION_MAX and name != "LMT":
        return name
    return _from_greenwich(local)


def _from_greenwich(local: datetime) -> str:
    offset = local.replace(tzinfo=UTC) - local.astimezone(UTC)
    hours, minutes = divmod(round(abs(offset) / timedelta(minutes=1)), 60)
    if not hours and not minutes:
        return "GMT"
    sign = "-" if offset < timedelta() else "+"
    return f"GMT{sign}{hours}" + (f":{minutes:02}" if minutes else "")
