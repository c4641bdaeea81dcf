"""Extracts the text of sanitised HTML."""

from __future__ import annotations

from html.parser import HTMLParser

_BLOCKS = frozenset("blockquote dd div dl dt figure h2 h3 h4 hr li ol p pre table td th tr ul br".split())


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag in _BLOCKS:
            self.parts.append(" ")

    def handle_data(self, data: str) -> None:
        self.parts.append(data)


def plain(html: str) -> str:
    """The text of `html` in one line, without markup."""
    reader = _Text()
    reader.feed(html)
    reader.close()
    return " ".join("".join(reader.parts).split())
