"""The descriptions of the operations on blogs. Their endpoints are in web/api/blogs.py."""

from __future__ import annotations

from stoppress.editing.inputs import BlogEdit, BlogInput
from stoppress.model import Blog
from stoppress.query_parameters import number
from stoppress.web.contract.operation import BLOG, IDEMPOTENCY_KEY, IF_MATCH, Operation
from stoppress.web.http.paging import PAGE

LIMIT = number("limit", "The most blogs to return.", 1, 100, 100)
_WRITTEN = {"$ref": "#/components/schemas/BlogAnswer"}

BLOGS: tuple[Operation, ...] = (
    Operation(
        "POST",
        "/v1/blogs",
        "createBlog",
        "Create a blog",
        "Blogs",
        scope="admin",
        body=BlogInput,
        parameters=(IDEMPOTENCY_KEY,),
        answers={201: _WRITTEN},
        problems=(400, 401, 403, 409, 413, 415, 422, 503),
    ),
    Operation(
        "GET",
        "/v1/blogs",
        "listBlogs",
        "List blogs, by id",
        "Blogs",
        parameters=(LIMIT, PAGE),
        answers={200: {"$ref": "#/components/schemas/BlogList"}},
        problems=(503,),
    ),
    Operation(
        "GET",
        "/v1/blogs/{blog}",
        "readBlog",
        "Read a blog",
        "Blogs",
        parameters=(BLOG,),
        answers={200: {"$ref": f"#/components/schemas/{Blog.__name__}"}},
        problems=(404, 503),
    ),
    Operation(
        "PATCH",
        "/v1/blogs/{blog}",
        "editBlog",
        "Change a blog (RFC 7396 merge patch)",
        "Blogs",
        scope="publish",
        body=BlogEdit,
        merge_patch=True,
        parameters=(BLOG, IF_MATCH),
        answers={200: _WRITTEN},
        problems=(400, 401, 403, 404, 409, 412, 413, 415, 422, 503),
        description="Readers get the change at once. At the status `ended` or `archived`, the server "
        "closes their connections.",
    ),
    Operation(
        "DELETE",
        "/v1/blogs/{blog}",
        "deleteBlog",
        "Delete a blog and everything in it",
        "Blogs",
        scope="admin",
        parameters=(BLOG, IF_MATCH),
        answers={204: None},
        problems=(400, 401, 403, 404, 412, 503),
    ),
    Operation(
        "GET",
        "/v1/blogs/{blog}/stats",
        "readStats",
        "Read how many readers and posts a blog has, and its cursor",
        "Blogs",
        parameters=(BLOG,),
        answers={200: {"$ref": "#/components/schemas/Stats"}},
        problems=(404, 503),
    ),
    Operation(
        "POST",
        "/v1/blogs/{blog}/preview-links",
        "createPreviewLink",
        "Create a link that shows a private blog until it expires",
        "Blogs",
        scope="publish",
        parameters=(BLOG,),
        answers={201: {"$ref": "#/components/schemas/PreviewLink"}},
        problems=(401, 403, 404, 503),
        description="Whoever has the link can read the blog's page without a token, for {limits.preview_hours} "
        "hours. The page does not update itself while the blog is private.",
    ),
)
