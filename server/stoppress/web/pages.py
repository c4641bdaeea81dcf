"""The pages that readers open: complete without JavaScript, and with the cursor from which the client goes on.

Pages are counted from the oldest post, so that what is on a page stays on it while posts arrive: page 1 has the first
`page_posts` posts, page 2 the next … and the newest page has as many and the remainder, which makes it longer until
there are enough for one page more.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from stoppress.errors import Gone, NotFound, StopPressError
from stoppress.model import Post
from stoppress.store.base import Order, Page
from stoppress.web.answers import cursor_tag
from stoppress.web.asking import number, parameter, read_order
from stoppress.web.newsroom import Newsroom
from stoppress.web.operation import BLOG, POST, Operation, Parameter

# Nothing runs but the client's own modules; pictures may come from anywhere that is https (or from this server).
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' https: http: data:; font-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors *"
)
HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "strict-origin-when-cross-origin",
}
# A browser asks again at each load (304 if nothing changed); a CDN may answer a storm of them for two seconds: the
# cursor in the page makes up for it.
_SHARED = {"cache-control": "public, max-age=0, must-revalidate, s-maxage=2"}
_HTML = "text/html"


class PageRoutes:
    """`/blogs/{blog}` and `/blogs/{blog}/posts/{post}`."""

    def __init__(self, newsroom: Newsroom) -> None:
        self._newsroom = newsroom
        self._size = newsroom.settings.page_posts

    async def blog(self, request: Request) -> Response:
        name = request.path_params["blog"]
        order: Order = parameter(request, "order", read_order, "newest")
        wanted = parameter(request, "page", number(1, 1_000_000), None)
        page, at, last = await self._read(name, order, wanted)
        tag = cursor_tag(page.cursor)[:-1] + f'.{order[0]}{at}"'
        headers = {**HEADERS, **_SHARED, "etag": tag}
        if request.headers.get("if-none-match") == tag:
            return Response(status_code=304, headers=headers)
        html = self._newsroom.markup.page(
            page,
            order=order,
            canonical=f"{self._origin(request)}/blogs/{name}",
            newer_url=_url(name, order, at + 1, last) if at < last else None,
            older_url=_url(name, order, at - 1, last) if at > 1 else None,
        )
        return Response(html, headers=headers, media_type=_HTML)

    async def post(self, request: Request) -> Response:
        """Leads to the page that holds the post, at it."""
        blog, post = request.path_params["blog"], request.path_params["post"]
        entry = await self._newsroom.store.published(blog, post)
        state = await self._newsroom.blogs.read(blog)
        older = await self._newsroom.store.position(blog, post)
        if entry is None or (older is None and isinstance(entry, Post)):
            raise NotFound(f"there is no post {post!r} in {blog!r}")
        if older is None:
            raise Gone(f"the post {post!r} was deleted", entry.model_dump(mode="json"))
        last = max(1, state.blog.posts // self._size)
        at = min(older // self._size + 1, last)
        url = _url(blog, "newest", at, last)
        return RedirectResponse(f"{url}#post-{post}", 302, headers={"cache-control": "no-cache"})

    async def _read(self, name: str, order: Order, wanted: int | None) -> tuple[Page, int, int]:
        """The posts of a page, its number, and the last page's. Raises NotFound."""
        page: Page | None = None
        at = last = 1
        for _ in range(4):  # until no post came or went between the count and the read
            total = (await self._newsroom.blogs.read(name)).blog.posts
            last = max(1, total // self._size)
            at = wanted or (last if order == "newest" else 1)
            if at > last:
                raise NotFound(f"the blog {name!r} has {last} pages, and no page {at}")
            first = (at - 1) * self._size
            count = max(total - first if at == last else self._size, 1)
            skip = first if order == "oldest" else max(total - first - count, 0)
            page = await self._newsroom.store.page(name, order=order, skip=skip, limit=count)
            if page is None:
                raise NotFound(f"there is no blog {name!r}")
            if page.blog.posts == total:
                break
        assert page is not None
        return page, at, last

    def _origin(self, request: Request) -> str:
        return (self._newsroom.settings.public_url or str(request.base_url)).rstrip("/")

    def error_page(self, request: Request, error: StopPressError) -> Response:
        """An error as a reader should meet it."""
        kind = {404: "not_found", 410: "gone", 422: "not_found"}.get(error.status, "unavailable")
        html = self._newsroom.markup.notice(kind)  # type: ignore[arg-type]
        headers = {**HEADERS, "cache-control": "no-store"}
        if error.status == 503:
            headers["retry-after"] = "1"
        return Response(html, 404 if kind == "not_found" else error.status, headers, _HTML)

    def operations(self) -> list[Operation]:
        """What the OpenAPI document says of them."""
        page = {"type": "string", "description": "An HTML document."}
        return [
            Operation(
                "GET",
                "/blogs/{blog}",
                "blogPage",
                "The reader's page",
                self.blog,
                "Readers",
                parameters=(
                    BLOG,
                    Parameter(
                        "order", "query", "By first publication.", {"type": "string", "enum": ["newest", "oldest"]}
                    ),
                    Parameter("page", "query", "Counted from the oldest.", {"type": "integer", "minimum": 1}),
                ),
                answers={200: page, 304: None, 404: page, 503: page},
                media_type=_HTML,
            ),
            Operation(
                "GET",
                "/blogs/{blog}/posts/{post}",
                "postPage",
                "The page that holds a post, at it",
                self.post,
                "Readers",
                parameters=(BLOG, POST),
                answers={302: None, 404: page, 410: page, 503: page},
                media_type=_HTML,
            ),
        ]


def _url(blog: str, order: Order, page: int, last: int) -> str:
    """The address of a page; the one where an order begins has no number."""
    query = ["order=oldest"] if order == "oldest" else []
    if page != (last if order == "newest" else 1):
        query.append(f"page={page}")
    return f"/blogs/{blog}" + ("?" + "&".join(query) if query else "")
