"""The names of keys in Redis. All keys of a blog share the hash tag `{blog}`."""

from __future__ import annotations

from stoppress.model import Post, Tombstone

BLOGS = "stoppress:blogs"
BEGUN = "stoppress:begun"
TOKENS = "stoppress:tokens"
DUE = "stoppress:due"
RESERVED = "stoppress:reserved:"
REMEMBERED = "stoppress:remembered:"
PREVIEW_KEY = "stoppress:preview-key"
AUDIT = "stoppress:audit"
AUDIT_REFUSED = "stoppress:{stoppress:audit}:refused"  # the hash tag puts it in the slot of AUDIT, for scripts
READY = "stoppress:ready"  # written to find out whether the store accepts writes
STORE_ID = "stoppress:store-id"  # a random id, missing or different once the store was emptied or replaced
RATE = "stoppress:rate:"
BLOG = "@blog"  # the blog itself, among its posts; no post's id may begin with @


class Keys:
    """The names of one blog's keys."""

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
        self.folding = self.prefix + "folding"
        self.readers = self.prefix + "readers"
        self.all = self.index("all")

    @property
    def standing(self) -> list[str]:
        """The keys that every blog has, except its tags, in the order that commit.lua and delete_blog.lua expect."""
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
        """The index of published posts by time: `all`, `key`, `pinned` or `tag:NAME`."""
        return f"{self.prefix}index:{name}"

    def history(self, thing: str) -> str:
        """The revisions of a post, or of the blog."""
        return f"{self.prefix}history:{thing}"

    def attempt(self, key: str) -> str:
        """The answer to the first attempt with an idempotency key."""
        return f"{self.prefix}attempt:{key}"


def indexes(entry: Post | Tombstone | None) -> list[str]:
    """The indexes that contain an entry. Empty unless it is published."""
    if not isinstance(entry, Post) or entry.status != "published":
        return []
    names = ["all", *(f"tag:{tag}" for tag in entry.tags)]
    if entry.key:
        names.append("key")
    if entry.pinned:
        names.append("pinned")
    return names
