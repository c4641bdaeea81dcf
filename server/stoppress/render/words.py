"""The words of the interface, in one place: everything a page says that no editor wrote.

A language is one `Words`. `%s` stands where a value goes, so that a translation may put it where its grammar does.
A blog in a language that is not in the catalogue has its interface in English.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from babel import Locale
from babel.numbers import format_decimal

from stoppress.model import BlogStatus


@dataclass(frozen=True, slots=True)
class Words:
    """One language's words. `posts` is keyed by CLDR plural category (`one`, `other` …)."""

    language: str
    status: Mapping[BlogStatus, str]
    updated: str
    posts: Mapping[str, str]
    no_posts: str
    first_published: str
    by: str
    comma: str
    last_comma: str
    sort: str
    newest: str
    oldest: str
    newer: str
    older: str
    pages: str
    permalink: str
    pinned: str
    key: str
    correction: str
    read_on: str
    tags: str
    credit: str
    open_embed: str
    empty: str
    reload: str
    live: str
    reconnecting: str
    ended: str
    not_found: tuple[str, str]
    gone: tuple[str, str]
    unavailable: tuple[str, str]
    to_blog: str


ENGLISH = Words(
    language="en",
    status={"scheduled": "Scheduled", "live": "Live", "paused": "Paused", "ended": "Ended", "archived": "Archived"},
    updated="Updated %s",
    posts={"one": "%s post", "other": "%s posts"},
    no_posts="No posts yet",
    first_published="First published %s",
    by="By %s",
    comma=", ",
    last_comma=" and ",
    sort="Sort by",
    newest="Newest",
    oldest="Oldest",
    newer="Newer posts",
    older="Older posts",
    pages="Pages",
    permalink="Link to this post",
    pinned="Pinned",
    key="Key event",
    correction="Correction",
    read_on="Read the full story:",
    tags="Tags",
    credit="(%s)",
    open_embed="Open on %s",
    empty="The first post will appear here.",
    reload="Reload for updates",
    live="Live",
    reconnecting="Reconnecting…",
    ended="Ended",
    not_found=("Page not found", "There is nothing at this address. It may have been mistyped, or taken down."),
    gone=("This post was deleted", "It was published here, and has been taken down since."),
    unavailable=("We will be right back", "This page can’t be shown just now. Please try again in a moment."),
    to_blog="Go to the live coverage",
)

_CATALOGUE = {words.language: words for words in (ENGLISH,)}


def words(language: str) -> Words:
    """The interface for a blog in `language` (a BCP 47 tag)."""
    return _CATALOGUE.get(language.split("-")[0].lower(), ENGLISH)


def count(number: int, language: str) -> str:
    """`17 posts`, `1 post`, `No posts yet`."""
    said = words(language)
    if not number:
        return said.no_posts
    category = Locale.parse(said.language).plural_form(number)
    digits = format_decimal(number, locale=Locale.parse(language, sep="-"))
    return said.posts.get(category, said.posts["other"]) % digits
