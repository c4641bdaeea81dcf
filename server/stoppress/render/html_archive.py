"""A blog as a folder that reads well years later, with no server behind it and no script in it.

`index.html` has all posts, newest first, `oldest.html` the other way round; permalinks are anchors; the style sheet and
the pictures lie beside them; the feeds hold the addresses that the blog had. Nothing in it is loaded from elsewhere: a
picture that could not be had is a card that leads to where it was.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from stoppress.model import Blog, Embed, Image, Media, Post
from stoppress.render.feeds import atom, json_feed
from stoppress.render.markup import Markup
from stoppress.store.base import Order

PAGES: dict[Order, str] = {"newest": "index.html", "oldest": "oldest.html"}
# In sanitised HTML, whose attributes are quoted so.
_PICTURE = re.compile(r'<img\b[^>]*?\bsrc="([^"]*)"[^>]*>')
_LOCAL_LINK = re.compile(r'(<a\b[^>]*?\bhref=")(/[^/])')


def pictures(posts: Iterable[Post]) -> list[str]:
    """The addresses of all pictures that posts show, each once. Of a picture with several widths, all of ours, and of
    one kept elsewhere the one that is for all screens."""
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
    """The files by name, but for the pictures and style sheets.

    `posts` are all, newest first; `kept` has the file of each picture that could be had, by its address; `url` is the
    blog's absolute address; `theme` says that there is a theme.css.
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
    """The addresses of `srcset`, each with what it is for."""
    candidates = (part.split(maxsplit=1) for part in (image.srcset or "").split(", "))
    return [(url, " ".join(rest)) for url, *rest in (candidate for candidate in candidates if candidate)]


def _kept(post: Post, kept: Mapping[str, str], origin: str) -> Post:
    """The post with its pictures from the folder, and links to the blog's own server made whole."""

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
