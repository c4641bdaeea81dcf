"""A blog's newest posts for feed readers: Atom and JSON Feed, from the same store and with the same validators."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from starlette.requests import Request
from starlette.responses import Response

from stoppress.errors import NotFound
from stoppress.model import Blog, Post
from stoppress.render.feeds import atom, json_feed
from stoppress.web.answers import cursor_tag
from stoppress.web.finished import Finished, FinishedPages
from stoppress.web.newsroom import Newsroom
from stoppress.web.operation import BLOG, Operation
from stoppress.web.pages import answer_finished

_HEADERS = {"x-content-type-options": "nosniff", "access-control-allow-origin": "*"}
_ROBOTS = "User-agent: *\nDisallow: /v1/\n"


class FeedRoutes:
    """`/blogs/{blog}/feed.atom`, `/blogs/{blog}/feed.json`, and `/robots.txt`."""

    def __init__(self, newsroom: Newsroom) -> None:
        self._newsroom = newsroom
        self._finished = FinishedPages(newsroom.settings.page_cache // 10)

    async def atom(self, request: Request) -> Response:
        return await self._feed(request, atom, "application/atom+xml")

    async def json(self, request: Request) -> Response:
        return await self._feed(request, json_feed, "application/feed+json")

    async def _feed(self, request: Request, write: Callable[[Blog, Sequence[Post], str], str], kind: str) -> Response:
        name = request.path_params["blog"]
        newsroom = self._newsroom
        url = f"{(newsroom.settings.public_url or str(request.base_url)).rstrip('/')}/blogs/{name}"
        tag = cursor_tag((await newsroom.blogs.read(name)).cursor)
        finished = self._finished.get(name, f"{kind} {url}", tag)
        if finished is None:
            page = await newsroom.store.page(name, limit=newsroom.settings.page_posts)
            if page is None:
                raise NotFound(f"there is no blog {name!r}")
            finished = Finished.of(cursor_tag(page.cursor), write(page.blog, page.posts, url))
            self._finished.put(name, f"{kind} {url}", finished)
        return answer_finished(request, finished, f"{kind}; charset=utf-8", _HEADERS)

    async def robots(self, request: Request) -> Response:
        return Response(_ROBOTS, media_type="text/plain", headers={"cache-control": "public, max-age=3600"})

    def operations(self) -> list[Operation]:
        """What the OpenAPI document says of them."""
        text = {"type": "string"}
        return [
            Operation(
                "GET",
                f"/blogs/{{blog}}/feed.{suffix}",
                f"{suffix}Feed",
                about,
                endpoint,
                "Feeds",
                parameters=(BLOG,),
                answers={200: {"type": "object"} if suffix == "json" else text, 304: None},
                problems=(404, 503),
                media_type=kind,
            )
            for suffix, about, endpoint, kind in (
                ("atom", "The newest posts as an Atom feed", self.atom, "application/atom+xml"),
                ("json", "The newest posts as a JSON Feed", self.json, "application/feed+json"),
            )
        ] + [
            Operation(
                "GET",
                "/robots.txt",
                "robots",
                "What search engines may read: the pages, not the API",
                self.robots,
                "Operations",
                answers={200: text},
                media_type="text/plain",
            )
        ]
