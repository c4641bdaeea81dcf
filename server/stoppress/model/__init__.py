"""Blogs, posts, and the events that change them.

Everything here is frozen and pure. `BlogFields` and `PostFields` have the fields that an editor may write, each defined
once with its limit (fields.py). `Blog` and `Post` add the fields that only the server sets. The API's schemas are made
from these classes.

Texts are plain text, except `Post.body`, which is sanitised HTML (sanitize.py) by the time a Post exists. Times are
aware datetimes in UTC, to the millisecond, and RFC 3339 on the wire.

blog, post     their fields and statuses; author: used by both; media: images and embeds of posts
frozen         the base of all models
tombstone      what remains of a deleted post
cursor         a position in the history of a blog, `EPOCH.SEQUENCE`, and what an epoch is
events         what a change tells readers: a post changed, a post was removed, the blog changed
record         an event as stored; apply_records: what records change
"""

from stoppress.fields import rfc3339  # part of the model's interface: how its times are written
from stoppress.model.apply_records import apply, as_of
from stoppress.model.author import Author
from stoppress.model.blog import Blog, BlogFields, BlogStatus
from stoppress.model.cursor import Cursor
from stoppress.model.events import BlogChanged, Change, Event, PostChanged, PostRemoved, UnknownEvent
from stoppress.model.frozen import Frozen
from stoppress.model.media import Embed, Image, Media
from stoppress.model.post import Link, Post, PostFields, PostStatus
from stoppress.model.record import Record
from stoppress.model.tombstone import Tombstone

__all__ = [
    "Author",
    "Blog",
    "BlogChanged",
    "BlogFields",
    "BlogStatus",
    "Change",
    "Cursor",
    "Embed",
    "Event",
    "Frozen",
    "Image",
    "Link",
    "Media",
    "Post",
    "PostChanged",
    "PostFields",
    "PostRemoved",
    "PostStatus",
    "Record",
    "Tombstone",
    "UnknownEvent",
    "apply",
    "as_of",
    "rfc3339",
]
