"""Renders a blog as HTML: the parts that the socket's html form sends (wire.build_messages.Markup), and whole pages.

Both use the same templates, so a post that arrives by the socket has the same bytes as on a freshly loaded page. All
values are escaped, except `post.body`, which is sanitised before it is stored.
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
    """The addresses of the pages before and after a page; None where there is none.

    The client relies on None: it inserts a post before the first or after the last one on the page only where the blog
    has no page there.
    """

    newer: str | None = None
    older: str | None = None


@dataclass(frozen=True, slots=True)
class Highlights:
    """The posts that a page also shows at the top: key events and pinned posts, in the order of the page."""

    keys: Sequence[Post] = ()
    pinned: Sequence[Post] = ()


_NO_NEIGHBOURS = Neighbours()
_NO_HIGHLIGHTS = Highlights()


class Markup:
    """Renders the templates. `client_path` is the path of the client's files, such as `/client/3fa9c1`."""

    def __init__(
        self, client_path: str, *, templates: Path | None = None, theme: bool = False, archived: bool = False
    ) -> None:
        """Load the templates.

        Templates in the folder `templates` replace the built-in ones of the same name. `theme` says whether there is a
        theme.css. `archived` renders posts for a page without a server: links lead to anchors, and no script is needed.
        """
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
        """The post as `<article id="post-ID">`.

        `place` is its position on a page and how many posts the page has; the client updates both. In another `list`
        the article is a copy, and its id begins with the list's name: `pinned-ID`.
        """
        first, updated = post.published_at, post.updated_at or post.published_at
        # Show the first time only if it reads differently: times are shown to the minute.
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
        """The post's entry in the summary of key events, as `<li id="keys-ID">`."""
        return self._render("key_event.html", blog, post=post)

    def summary(self, blog: Blog, post: Post) -> SummaryMarkup:
        """The post's HTML at the top of the page, as wire.build_messages.Markup asks: as a key event, and as pinned."""
        fields: SummaryMarkup = {}
        if post.key and post.published_at:
            fields["key_html"] = self.key_event(blog, post)
        if post.pinned:
            fields["pinned_html"] = self.post(blog, post, list="pinned")
        return fields

    def header(self, blog: Blog) -> str:
        """The header of the page: status, headline, standfirst, byline, dateline."""
        return self._render("header.html", blog, dateline=Safe(self.dateline(blog)))

    def dateline(self, blog: Blog) -> str:
        """The line in the header that every change updates: the time of the last update, and the number of posts."""
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
        """A whole document with a page of posts in `order`, and the cursor where the client starts.

        `canonical` is the absolute address of the blog's page. With a `filter` (`key` or `tag:NAME`) the page has only
        such posts. `highlights` are shown at the top.
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
        """The front page, with links to `blogs` in the order given. `next` is the address of more blogs."""
        entries = [Safe(self._render("entry.html", blog, count=count(blog.posts, blog.language))) for blog in blogs]
        return self._template("front.html").render(words=words("en"), blogs=entries, next=next).strip()

    def archive(
        self, blog: Blog, posts: Sequence[Post], *, described: Sequence[Post], order: Order, canonical: str
    ) -> str:
        """A document with all posts that needs no server.

        `posts` are in `order`, with addresses in the folder. `described` are the same posts with their original
        addresses, for the structured data.
        """
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
        """An error page of this `kind`, with a link to `blog` if one is given."""
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
    """Whether the picture has no width or height, so that its place can't be reserved before it has loaded."""
    return image.width is None or image.height is None


def _sanitised(body: str) -> Safe:
    """`Post.body` as trusted HTML. It is safe because sanitize.py cleans every body before a Post is made."""
    return Safe(body)
