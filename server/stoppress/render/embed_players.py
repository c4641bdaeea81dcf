"""Finds the player for an embed of a known provider. The player replaces the embed's card when the reader asks for it.

The card of any other provider stays a link. Where a provider has a player that sets no cookie before it plays, the page
uses that player. HOSTS are the origins that the pages' Content-Security-Policy allows in a frame.
"""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
HOSTS = ("https://www.youtube-nocookie.com", "https://player.vimeo.com", "https://www.dailymotion.com")


def player(url: str) -> str | None:
    """The address of the player for a page on YouTube, Vimeo or Dailymotion; None for any other `url`."""
    parts = urlsplit(url)
    host = (parts.hostname or "").removeprefix("www.").removeprefix("m.")
    steps = [step for step in parts.path.split("/") if step]
    match host, steps:
        case "youtube.com", ["watch"]:
            found, pattern = parse_qs(parts.query).get("v", [""])[0], f"{HOSTS[0]}/embed/%s?autoplay=1"
        case ("youtube.com", ["live" | "shorts" | "embed", found]) | ("youtu.be", [found]):
            pattern = f"{HOSTS[0]}/embed/%s?autoplay=1"
        case ("vimeo.com", [found]) if found.isdigit():
            pattern = f"{HOSTS[1]}/video/%s?autoplay=1&dnt=1"
        case ("dailymotion.com", ["video", found]) | ("dai.ly", [found]):
            pattern = f"{HOSTS[2]}/embed/video/%s?autoplay=1"
        case _:
            return None
    return pattern % found if _ID.fullmatch(found) else None
