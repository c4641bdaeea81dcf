"""Switches of a blog between public and private: which of its records readers may see. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from stoppress.model import Blog, BlogChanged, Record


def turns_private(blog: Blog, records: Iterable[Record]) -> bool:
    """Whether one of `records` makes this public blog private. Nothing of them may then reach its readers."""
    return not blog.private and any(
        isinstance(record.event, BlogChanged) and record.event.blog.private for record in records
    )


def since_public(records: Sequence[Record]) -> Sequence[Record]:
    """The end of `records` that was written while the blog was certainly public, beginning with the record that made it
    so. All of them, if none changes the blog or the blog is private now."""
    start, known = 0, False
    for i, record in enumerate(records):
        if isinstance(record.event, BlogChanged):
            if not record.event.blog.private and not known:
                start = i
            known = not record.event.blog.private
    return records[start:]
