"""What readers, feed readers and search engines load; web/pages/ answers."""

from __future__ import annotations

from stoppress.web.contract.operation import BLOG, POST, Operation, Parameter

_PAGE = {"type": "string", "description": "An HTML document."}

PAGES: tuple[Operation, ...] = (
    Operation(
        "GET",
        "/blogs/{blog}",
        "blogPage",
        "The reader's page",
        "Readers",
        parameters=(
            BLOG,
            Parameter("order", "query", "By first publication.", {"type": "string", "enum": ["newest", "oldest"]}),
            Parameter("page", "query", "Counted from the oldest.", {"type": "integer", "minimum": 1}),
            Parameter("key", "query", "Only key events.", {"type": "string", "enum": ["true", "false"]}),
            Parameter("tag", "query", "Only posts with this tag."),
            Parameter("behind", "query", "`TIME,ID`: the posts that follow on this place in the order."),
        ),
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
        parameters=(Parameter("page", "query", "Of the page for browsers: the link at its end has it."),),
        answers={200: {"$ref": "#/components/schemas/Front"}},
        problems=(422, 503),
        page=True,
        description="A browser, which accepts `text/html`, gets a page that lists the blogs.",
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
