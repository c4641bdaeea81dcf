"""The descriptions of the pages for readers, feed readers and search engines. Their endpoints are in web/pages/."""

from __future__ import annotations

from dataclasses import replace

from stoppress.query_parameters import text
from stoppress.web.contract.operation import BLOG, POST, Operation
from stoppress.web.http.page_query import PAGE_PARAMETERS
from stoppress.web.http.paging import PAGE

PREVIEW = text("preview", "The signature of a preview link, which shows a private blog.")
FRONT_PAGE = replace(PAGE, about="Only for browsers: the page token from the link to more blogs.")

_PAGE = {"type": "string", "description": "An HTML document."}

PAGES: tuple[Operation, ...] = (
    Operation(
        "GET",
        "/blogs/{blog}",
        "blogPage",
        "The reader's page",
        "Readers",
        parameters=(BLOG, *PAGE_PARAMETERS, PREVIEW),
        answers={200: _PAGE, 304: None, 404: _PAGE, 503: _PAGE},
        media_type="text/html",
    ),
    Operation(
        "GET",
        "/blogs/{blog}/posts/{post}",
        "postPage",
        "Redirect to the post on the page that holds it",
        "Readers",
        parameters=(BLOG, POST),
        answers={302: None, 404: _PAGE, 410: _PAGE, 503: _PAGE},
        media_type="text/html",
    ),
    Operation(
        "GET",
        "/blogs/{blog}/feed.atom",
        "atomFeed",
        "The newest posts as an Atom feed",
        "Feeds",
        parameters=(BLOG,),
        answers={200: {"type": "string"}, 304: None},
        problems=(404, 503),
        media_type="application/atom+xml",
    ),
    Operation(
        "GET",
        "/blogs/{blog}/feed.json",
        "jsonFeed",
        "The newest posts as a JSON Feed",
        "Feeds",
        parameters=(BLOG,),
        answers={200: {"type": "object"}, 304: None},
        problems=(404, 503),
        media_type="application/feed+json",
    ),
    Operation(
        "GET",
        "/",
        "front",
        "List the addresses of the API and its documents",
        "Operations",
        parameters=(FRONT_PAGE,),
        answers={200: {"$ref": "#/components/schemas/Front"}},
        problems=(400, 404, 503),
        page=True,
        description="A browser, which accepts `text/html`, gets a page that lists the blogs. With a wrong page token "
        "it gets an error page (404).",
    ),
)

ROBOTS = Operation(
    "GET",
    "/robots.txt",
    "robots",
    "Tell search engines that they may read the pages, but not the API",
    "Operations",
    answers={200: {"type": "string"}},
    media_type="text/plain",
)
