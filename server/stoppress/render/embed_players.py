"""Embeds of known providers: the address of the player that takes a card's place once the reader asks for it.

Of any other provider the card stays a link. Each player is of the kind that sets no cookie before it plays, where the
provider has one; HOSTS is what the pages' policy lets into a frame.
"""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
HOSTS = ("https://www.youtube-nocookie.com", "https://player.vimeo.com", "https://www.dailymotion.com")


def player(url: str) -> str | None:
    """The player's address for a page of YouTube, Vimeo or Dailymotion; else None."""
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
