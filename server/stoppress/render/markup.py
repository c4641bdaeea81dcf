"""A blog as HTML. `Markup` is what the socket's html form needs (wire.Markup), and the full pages besides.

The same templates make a part wherever it is shown, so a post that arrives by the socket is, byte for byte, the one
that a fresh load brings. Everything is escaped but `post.body`, which was sanitised on its way in.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlencode

from jinja2 import ChoiceLoader, Environment, FileSystemLoader, PackageLoader, StrictUndefined
from markupsafe import Markup as Safe

from stoppress.model import Blog, Image, Post, rfc3339
from stoppress.render import times
from stoppress.render.embed_players import player
from stoppress.render.structured_data import absolute, live_blog_posting, safe_json
from stoppress.render.translations import Words, count, phrases, words
from stoppress.store.base import Order, Page
from stoppress.wire.messages import SummaryMarkup

Notice = Literal["not_found", "gone", "unavailable"]


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The addresses of the pages around one. None says that there is no page there, and the client relies on that: a
    post that arrives beyond the first or last one shown is inserted only where the blog ends."""

    newer: str | None = None
    older: str | None = None


@dataclass(frozen=True, slots=True)
class Highlights:
    """The posts that a page shows on top as well as in their place: key events and pinned ones, in the page's order."""

    keys: Sequence[Post] = ()
    pinned: Sequence[Post] = ()


_NO_NEIGHBOURS = Neighbours()
_NO_HIGHLIGHTS = Highlights()


class Markup:
    """The templates, for a client whose files are served under `client_path` (such as `/client/3fa9c1`)."""

    def __init__(
        self, client_path: str, *, templates: Path | None = None, theme: bool = False, archived: bool = False
    ) -> None:
        """`templates` is a folder of templates that go before ours; `theme` says that there is a theme.css. `archived`
        makes the post for a page that stands by itself: links lead to places on it, and nothing asks for a script."""
        own = PackageLoader("stoppress.render")
        environment = Environment(
            loader=ChoiceLoader([FileSystemLoader(templates), own]) if templates else own,
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        environment.filters |= {"rfc3339": rfc3339, "sanitised": _sanitised}
        environment.globals |= {
            "client_path": client_path.rstrip("/"),
            "direction": times.direction,
            "theme": theme,
            "archived": archived,
        }
        self._template = environment.get_template

    def post(self, blog: Blog, post: Post, *, list: str = "post", place: tuple[int, int] | None = None) -> str:
        """The post's `<article id="post-ID">`; on a page with its `place` (of how many), which the client keeps up.

        In another `list` than that of posts it is a copy, with an id after it: `pinned-ID`.
        """
        first, updated = post.published_at, post.updated_at or post.published_at
        # Two times that read the same to the minute are one to the reader.
        again = first and updated and _shown(first, blog) != _shown(updated, blog)
        return self._render(
            "post.html",
            blog,
            post=post,
            list=list,
            place=place,
            updated=updated,
            first=first if again else None,
            unsized=_unsized,
            player=lambda embed: player(embed.url),
        )

    def key_event(self, blog: Blog, post: Post) -> str:
        """The post's line in the summary of key events, `<li id="keys-ID">`."""
        return self._render("key_event.html", blog, post=post)

    def summary(self, blog: Blog, post: Post) -> SummaryMarkup:
        """What the head of the page shows of the post, as wire.Markup has it."""
        fields: SummaryMarkup = {}
        if post.key and post.published_at:
            fields["key_html"] = self.key_event(blog, post)
        if post.pinned:
            fields["pinned_html"] = self.post(blog, post, list="pinned")
        return fields

    def header(self, blog: Blog) -> str:
        """The page's header: status, headline, standfirst, byline, dateline."""
        return self._render("header.html", blog, dateline=Safe(self.dateline(blog)))

    def dateline(self, blog: Blog) -> str:
        """The line in the header that every change moves: when it was updated, and how many posts there are."""
        return self._render("dateline.html", blog, count=count(blog.posts, blog.language))

    def page(
        self,
        page: Page,
        *,
        order: Order,
        canonical: str,
        filter: str = "",
        neighbours: Neighbours = _NO_NEIGHBOURS,
        highlights: Highlights = _NO_HIGHLIGHTS,
    ) -> str:
        """The whole document: some posts of a blog in `order`, and the cursor from which the client goes on.

        `canonical` is the absolute address of the blog's page. `filter` (`key`, `tag:NAME`) says that the page holds
        only such posts. `highlights` are shown on top.
        """
        blog = page.blog
        newest_first = order == "newest"

        def url(order: str = order, filter: str = filter) -> str:
            query = {"order": "oldest"} if order == "oldest" else {}
            if filter:
                query |= {"key": "true"} if filter == "key" else {"tag": filter[4:]}
            return f"/blogs/{blog.id}" + (f"?{urlencode(query)}" if query else "")

        pictures = (item.url for post in page.posts for item in post.media if isinstance(item, Image))
        total = len(page.posts)
        return self._render(
            "page.html",
            blog,
            cursor=str(page.cursor),
            order=order,
            canonical=canonical,
            header=Safe(self.header(blog)),
            posts=[Safe(self.post(blog, post, place=(i, total))) for i, post in enumerate(page.posts, 1)],
            keys=[Safe(self.key_event(blog, post)) for post in highlights.keys],
            pinned=[Safe(self.post(blog, post, list="pinned")) for post in highlights.pinned],
            filter=filter,
            url=url,
            picture=next((absolute(url, canonical.partition("/blogs/")[0]) for url in pictures), None),
            described=live_blog_posting(blog, page.posts, canonical),
            phrases=safe_json(phrases(blog.language)),
            previous=neighbours.newer if newest_first else neighbours.older,
            next=neighbours.older if newest_first else neighbours.newer,
        )

    def front(self, blogs: Sequence[Blog], next: str | None) -> str:
        """The page that leads to all blogs, in the order given; `next` leads to more of them."""
        entries = [Safe(self._render("entry.html", blog, count=count(blog.posts, blog.language))) for blog in blogs]
        return self._template("front.html").render(words=words("en"), blogs=entries, next=next).strip()

    def archive(
        self, blog: Blog, posts: Sequence[Post], *, described: Sequence[Post], order: Order, canonical: str
    ) -> str:
        """A document that needs no server: all posts in `order`. `described` are the same with the addresses that
        they had, for whoever reads by machine."""
        return self._render(
            "archive.html",
            blog,
            order=order,
            canonical=canonical,
            header=Safe(self.header(blog)),
            posts=[Safe(self.post(blog, post)) for post in posts],
            keys=[Safe(self.key_event(blog, post)) for post in posts if post.key],
            described=live_blog_posting(blog, described, canonical),
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
