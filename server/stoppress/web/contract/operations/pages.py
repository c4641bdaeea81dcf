"""What readers, feed readers and search engines load; web/pages/ answers."""

from __future__ import annotations

from dataclasses import replace

from stoppress.web.contract.operation import BLOG, POST, Operation
from stoppress.web.http.page_query import PAGE_PARAMETERS
from stoppress.web.http.paging import PAGE

FRONT_PAGE = replace(PAGE, about="Of the page for browsers: the link at its end has it.")

_PAGE = {"type": "string", "description": "An HTML document."}

PAGES: tuple[Operation, ...] = (
    Operation(
        "GET",
        "/blogs/{blog}",
        "blogPage",
        "The reader's page",
        "Readers",
        parameters=(BLOG, *PAGE_PARAMETERS),
        answers={200: _PAGE, 304: None, 404: _PAGE, 503: _PAGE},
        media_type="text/html",
    ),
    Operation(
        "GET",
        "/blogs/{blog}/posts/{post}",
        "postPage",
        "The page that holds a post, at it",
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
        "Where everything is",
        "Operations",
        parameters=(FRONT_PAGE,),
        answers={200: {"$ref": "#/components/schemas/Front"}},
        problems=(400, 404, 503),
        page=True,
        description="A browser, which accepts `text/html`, gets a page that lists the blogs, or one that says that "
        "there is none (404).",
    ),
)

ROBOTS = Operation(
    "GET",
    "/robots.txt",
    "robots",
    "What search engines may read: the pages, not the API",
    "Operations",
    answers={200: {"type": "string"}},
    media_type="text/plain",
)
