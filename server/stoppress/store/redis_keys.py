"""The names of the keys. All of a blog's share the hash tag `{blog}`."""

from __future__ import annotations

from stoppress.model import Post, Tombstone

BLOGS = "stoppress:blogs"
BEGUN = "stoppress:begun"
TOKENS = "stoppress:tokens"
DUE = "stoppress:due"
RESERVED = "stoppress:reserved:"
REMEMBERED = "stoppress:remembered:"
AUDIT = "stoppress:audit"
RATE = "stoppress:rate:"
BLOG = "@blog"  # stands for the blog itself among its posts; no post's id may begin so


class Keys:
    """The keys of one blog."""

    def __init__(self, blog: str) -> None:
        self.blog = blog
        self.prefix = f"stoppress:{{{blog}}}:"
        self.meta = self.prefix + "meta"
        self.state = self.prefix + "state"
        self.revision = self.prefix + "revision"
        self.changed = self.prefix + "changed"
        self.events = self.prefix + "events"
        self.drafts = self.prefix + "drafts"
        self.attempts = self.prefix + "attempts"
        self.tags = self.prefix + "tags"
        self.readers = self.prefix + "readers"
        self.all = self.index("all")

    @property
    def standing(self) -> list[str]:
        """The keys of every blog, but for its tags, in the order that commit.lua and delete_blog.lua take them."""
        return [
            self.meta,
            self.state,
            self.revision,
            self.changed,
            self.events,
            self.drafts,
            self.all,
            self.attempts,
        ]

    def index(self, name: str) -> str:
        """Published posts by time: `all`, `key`, `pinned`, `tag:NAME`."""
        return f"{self.prefix}index:{name}"

    def history(self, thing: str) -> str:
        """The revisions of a post, or of the blog."""
        return f"{self.prefix}history:{thing}"

    def attempt(self, key: str) -> str:
        """What the first try with an idempotency key got."""
        return f"{self.prefix}attempt:{key}"


def indexes(entry: Post | Tombstone | None) -> list[str]:
    """The indexes in which an entry stands: none unless it is published."""
    if not isinstance(entry, Post) or entry.status != "published":
        return []
    names = ["all", *(f"tag:{tag}" for tag in entry.tags)]
    if entry.key:
        names.append("key")
    if entry.pinned:
        names.append("pinned")
    return names
