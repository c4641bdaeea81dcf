"""A blog as a folder of HTML pages that can be read years later. It needs no server and has no scripts.

`index.html` has all posts, newest first, and `oldest.html` has them oldest first. Permalinks are anchors. The style
sheet and the pictures are in the folder. The feeds have the blog's original addresses. Nothing is loaded from
elsewhere: a picture that could not be downloaded becomes a card that links to its original address.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from stoppress.model import Blog, Embed, Image, Media, Post
from stoppress.render.blog_html import Markup
from stoppress.render.feeds import atom, json_feed
from stoppress.store.base import Order

PAGES: dict[Order, str] = {"newest": "index.html", "oldest": "oldest.html"}
# These patterns are for sanitised HTML, where every attribute is in double quotes.
_PICTURE = re.compile(r'<img\b[^>]*?\bsrc="([^"]*)"[^>]*>')
_LOCAL_LINK = re.compile(r'(<a\b[^>]*?\bhref=")(/[^/])')


def pictures(posts: Iterable[Post]) -> list[str]:
    """The addresses of all pictures in `posts`, each once.

    Of a picture on this server that includes every width. Of a picture elsewhere it is only the main address.
    """
    found: dict[str, None] = {}
    for post in posts:
        for item in post.media:
            if isinstance(item, Image):
                found |= dict.fromkeys([item.url, *(url for url, _ in _widths(item) if url.startswith("/"))])
            elif item.thumbnail and item.thumbnail.startswith("/"):
                found[item.thumbnail] = None
        found |= dict.fromkeys(_PICTURE.findall(post.body))
    return list(found)


def archive(
    blog: Blog, posts: Sequence[Post], kept: Mapping[str, str], *, url: str, theme: bool = False
) -> dict[str, str]:
    """The pages and feeds of the archive, by file name; without the pictures and style sheets.

    `posts` are all posts, newest first. `kept` maps the address of each downloaded picture to its file. `url` is the
    blog's absolute address. `theme` says whether there is a theme.css.
    """
    local = [_kept(post, kept, url.partition("/blogs/")[0]) for post in posts]
    markup = Markup(".", theme=theme, archived=True)
    return {
        "index.html": markup.archive(blog, local, described=posts, order="newest", canonical=url),
        "oldest.html": markup.archive(blog, local[::-1], described=posts[::-1], order="oldest", canonical=url),
        "feed.atom": atom(blog, posts, url),
        "feed.json": json_feed(blog, posts, url),
    }


def _widths(image: Image) -> list[tuple[str, str]]:
    """The addresses in `srcset`, each with its descriptor, such as `640w`."""
    candidates = (part.split(maxsplit=1) for part in (image.srcset or "").split(", "))
    return [(url, " ".join(rest)) for url, *rest in (candidate for candidate in candidates if candidate)]


def _kept(post: Post, kept: Mapping[str, str], origin: str) -> Post:
    """The post with pictures from the folder, and with absolute links to the blog's server."""

    def picture(tag: re.Match[str]) -> str:
        file = kept.get(tag[1])
        address = tag[1] if not tag[1].startswith("/") else origin + tag[1]
        return tag[0].replace(f'src="{tag[1]}"', f'src="{file}"') if file else f'<a href="{address}">{address}</a>'

    body = _LOCAL_LINK.sub(rf"\g<1>{origin}\g<2>", post.body)
    body = _PICTURE.sub(picture, body)
    return post.model_copy(update={"body": body, "media": tuple(_media(item, kept, origin) for item in post.media)})


def _media(item: Media, kept: Mapping[str, str], origin: str) -> Media:
    if isinstance(item, Embed):
        return item.model_copy(update={"thumbnail": kept.get(item.thumbnail or "")})
    if item.url in kept:
        widths = [f"{kept[url]} {width}" for url, width in _widths(item) if url in kept]
        return item.model_copy(update={"url": kept[item.url], "srcset": ", ".join(widths) or None})
    address = origin + item.url if item.url.startswith("/") else item.url
    return Embed(type="embed", url=address, title=(item.caption or item.alt or address).replace("\n", " ")[:200])
