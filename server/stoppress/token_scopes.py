"""The scopes of tokens: what each allows, and what a caller may do."""

from __future__ import annotations

from dataclasses import dataclass

from stoppress.errors import Forbidden, Unauthenticated

SCOPES = {
    "read": "sees drafts, scheduled posts and revisions",
    "write": "creates and edits drafts",
    "publish": "publishes, edits and deletes what readers see; includes write",
    "admin": "creates and deletes blogs; includes everything",
}
_INCLUDES = {
    "admin": frozenset(SCOPES),
    "publish": frozenset({"publish", "write"}),
    "write": frozenset({"write"}),
    "read": frozenset({"read"}),
}


@dataclass(frozen=True, slots=True)
class Caller:
    """The sender of a request. If `blogs` is empty, the caller has access to all blogs."""

    name: str
    scopes: frozenset[str]
    blogs: frozenset[str] = frozenset()
    id: str = ""

    def may(self, scope: str, blog: str | None = None) -> bool:
        """Whether the caller has the scope, for this blog."""
        allowed = any(scope in _INCLUDES[held] for held in self.scopes)
        return allowed and (blog is None or not self.blogs or blog in self.blogs)

    def require(self, scope: str, blog: str | None = None) -> None:
        """Check that the caller has the scope, for this blog.

        Raises:
            Unauthenticated: the caller is anonymous.
            Forbidden: the token lacks the scope or the blog; the message names both what is needed and what the token
                has.
        """
        if self is ANONYMOUS:
            raise Unauthenticated(f"this needs a token with the scope {scope!r}, but the request has none")
        if not self.may(scope):
            held = ", ".join(sorted(self.scopes)) or "none"
            raise Forbidden(f"this needs the scope {scope!r}, but the token {self.name!r} has: {held}")
        if not self.may(scope, blog):
            raise Forbidden(f"the token {self.name!r} is for other blogs, not for {blog!r}")


ANONYMOUS = Caller("anonymous", frozenset())
OPERATOR = Caller("admin", frozenset(SCOPES), id="admin")  # the caller with STOPPRESS_ADMIN_TOKEN
