"""The rules for the pictures of posts and blogs: where they may come from, and that they have a description. No I/O.

A picture needs `alt`, a text for readers who can't see it, or says that it is decorative (WCAG 2.2, 1.1.1).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape

from stoppress.editing.inputs import invalid
from stoppress.errors import FieldError
from stoppress.media_origins import MediaOrigins
from stoppress.model import Author, Embed, Image, Post

# Sanitised HTML has every attribute's value in double quotes, and "<" begins a tag or is inside such a value.
_IMG = re.compile(r'<img((?:\s+[a-z]+="[^"]*")*)')
_ATTRIBUTE = re.compile(r'([a-z]+)="([^"]*)"')


@dataclass(frozen=True, slots=True)
class PictureRules:
    """The rules of a server. `require_alt` makes a missing description an error instead of a warning."""

    origins: MediaOrigins = MediaOrigins()
    require_alt: bool = False

    def check(self, post: Post, base: Post | None = None) -> None:
        """Return if the pictures of `post` keep the rules. `base` is the post before the edit: pictures that it
        already has may stay where they are.

        Raises:
            Invalid: with every field that breaks a rule.
        """
        known = {url for _, url in _addresses(base)} if base else set()
        errors = self._misplaced([place for place in _addresses(post) if place[1] not in known])
        errors += [
            FieldError(f"/media/{i}/alt", "a decorative picture has no alt: remove alt or decorative")
            for i, media in enumerate(post.media)
            if isinstance(media, Image) and media.decorative and media.alt
        ]
        if self.require_alt and post.status != "draft":
            errors += picture_warnings(post)
        _refuse(errors)

    def check_authors(self, authors: tuple[Author, ...], before: tuple[Author, ...] = ()) -> None:
        """Return if the pictures of a blog's authors may come from where they are. Raises Invalid."""
        known = {author.image for author in before}
        _refuse(self._misplaced([place for place in _portraits(authors) if place[1] not in known]))

    def _misplaced(self, places: list[tuple[str, str]]) -> list[FieldError]:
        return [FieldError(pointer, why) for pointer, url in places if (why := self.origins.refusal(url))]


def picture_warnings(post: Post) -> list[FieldError]:
    """One for each picture without a description that doesn't say that it is decorative."""
    missing = "the picture has no text for readers who can't see it: give it an alt, or set decorative to true"
    found = [
        FieldError(f"/media/{i}/alt", missing)
        for i, media in enumerate(post.media)
        if isinstance(media, Image) and not media.alt and not media.decorative
    ]
    without = sum("alt" not in attributes for attributes in _pictures_in(post.body))
    if without:
        detail = f'{without} <img> without alt: give each a text, or alt="" if it is decorative'
        found.append(FieldError("/body", detail))
    return found


def _addresses(post: Post) -> Iterator[tuple[str, str]]:
    """Each address of a picture, after the JSON Pointer of its field."""
    yield from _portraits(post.authors)
    for i, media in enumerate(post.media):
        if isinstance(media, Image):
            yield f"/media/{i}/url", media.url
            for candidate in (media.srcset or "").split(","):
                if candidate.strip():
                    yield f"/media/{i}/srcset", candidate.split()[0]
        elif isinstance(media, Embed) and media.thumbnail:
            yield f"/media/{i}/thumbnail", media.thumbnail
    for attributes in _pictures_in(post.body):
        if "src" in attributes:
            yield "/body", attributes["src"]


def _portraits(authors: tuple[Author, ...]) -> Iterator[tuple[str, str]]:
    for i, author in enumerate(authors):
        if author.image:
            yield f"/authors/{i}/image", author.image


def _pictures_in(body: str) -> Iterator[dict[str, str]]:
    for found in _IMG.finditer(body):
        yield {name: unescape(value) for name, value in _ATTRIBUTE.findall(found[1])}


def _refuse(errors: list[FieldError]) -> None:
    if errors:
        raise invalid(errors)
