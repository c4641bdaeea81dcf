"""A blog as HTML. `Markup` is what the socket's html form needs (wire.Markup), and the full pages besides.

The same templates make a part wherever it is shown, so a post that arrives by the socket is, byte for byte, the one
that a fresh load brings. Everything is escaped but `post.body`, which was sanitised on its way in.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup as Safe

from stoppress.model import Blog, Image, Post, rfc3339
from stoppress.render import times
from stoppress.render.words import Words, count, words
from stoppress.store.base import Order, Page

Notice = Literal["not_found", "gone", "unavailable"]


class Markup:
    """The templates, for a client whose files are served under `client_path` (such as `/client/3fa9c1`)."""

    def __init__(self, client_path: str) -> None:
        environment = Environment(
            loader=PackageLoader("stoppress.render"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        environment.filters |= {"rfc3339": rfc3339, "sanitised": _sanitised}
        environment.globals |= {"client_path": client_path.rstrip("/"), "direction": times.direction}
        self._template = environment.get_template

    def post(self, blog: Blog, post: Post) -> str:
        """The post's `<article id="post-ID">`."""
        first, updated = post.published_at, post.updated_at or post.published_at
        # Two times that read the same to the minute are one to the reader.
        again = first and updated and _shown(first, blog) != _shown(updated, blog)
        return self._render(
            "post.html", blog, post=post, updated=updated, first=first if again else None, unsized=_unsized
        )

    def header(self, blog: Blog) -> str:
        """The page's header: status, headline, standfirst, byline, dateline."""
        return self._render("header.html", blog, dateline=Safe(self.dateline(blog)))

    def dateline(self, blog: Blog) -> str:
        """The line in the header that every change moves: when it was updated, and how many posts there are."""
        return self._render("dateline.html", blog, count=count(blog.posts, blog.language))

    def page(
        self, page: Page, *, order: Order, canonical: str, newer_url: str | None = None, older_url: str | None = None
    ) -> str:
        """The whole document: some posts of a blog in `order`, and the cursor from which the client goes on.

        `canonical` is the absolute address of the blog's page. `newer_url` and `older_url` lead to the pages around
        this one; None says that there is none there, and the client relies on that: a post that arrives beyond the
        first or last one shown is inserted only where the blog ends.
        """
        blog = page.blog
        newest_first = order == "newest"
        return self._render(
            "page.html",
            blog,
            cursor=str(page.cursor),
            order=order,
            canonical=canonical,
            header=Safe(self.header(blog)),
            posts=[Safe(self.post(blog, post)) for post in page.posts],
            previous=newer_url if newest_first else older_url,
            next=older_url if newest_first else newer_url,
        )

    def notice(self, kind: Notice, *, blog: Blog | None = None) -> str:
        """A page that says why there is no such page; with a way to `blog`, if one is known."""
        said: Words = words(blog.language if blog else "en")
        title, text = getattr(said, kind)
        return self._template("notice.html").render(words=said, title=title, text=text, blog=blog).strip()

    def _render(self, template: str, blog: Blog, **given: Any) -> str:
        def moment(at: datetime) -> Safe:
            return Safe('<time datetime="{}">{}</time>').format(rfc3339(at), _shown(at, blog))

        said = words(blog.language)
        return self._template(template).render(blog=blog, words=said, moment=moment, **given).strip()


def _shown(moment: datetime, blog: Blog) -> str:
    return times.shown(moment, blog.timezone, blog.language)


def _unsized(image: Image) -> bool:
    """Whether the picture's place can't be reserved from its own measures."""
    return image.width is None or image.height is None


def _sanitised(body: str) -> Safe:
    """`Post.body` goes in as it is: sanitize.py cleaned it before there was a Post, and nothing else makes one."""
    return Safe(body)
