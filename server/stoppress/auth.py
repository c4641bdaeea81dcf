"""Tokens: how one is made and recognised, and what its scopes allow.

A token is `sp_ID_SECRET`. The secret has 256 bits of chance in it, so its SHA-256 may be kept as it is: there is no
dictionary to try (OWASP's slow hashes are for what people choose). Only the digest is stored.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from stoppress.errors import FieldError, Forbidden, Invalid, Unauthenticated
from stoppress.store.base_tokens import TokenRecord

SCOPES = {
    "read": "sees drafts, scheduled posts and revisions",
    "write": "makes and edits drafts",
    "publish": "publishes, edits and deletes what readers see; includes write",
    "admin": "makes and deletes blogs and tokens; includes everything",
}
_INCLUDES = {
    "admin": frozenset(SCOPES),
    "publish": frozenset({"publish", "write"}),
    "write": frozenset({"write"}),
    "read": frozenset({"read"}),
}
_PREFIX = "sp"


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks. No `blogs` means all of them."""

    name: str
    scopes: frozenset[str]
    blogs: frozenset[str] = frozenset()
    id: str = ""

    def may(self, scope: str, blog: str | None = None) -> bool:
        """Whether the caller has the scope, for this blog."""
        allowed = any(scope in _INCLUDES[held] for held in self.scopes)
        return allowed and (blog is None or not self.blogs or blog in self.blogs)

    def require(self, scope: str, blog: str | None = None) -> None:
        """Return if the caller may.

        Raises:
            Unauthenticated: for the anonymous caller.
            Forbidden: without the scope or the blog; the message names both sides.
        """
        if self is ANONYMOUS:
            raise Unauthenticated(f"this needs a token with the scope {scope!r}; none was sent")
        if not self.may(scope):
            held = ", ".join(sorted(self.scopes)) or "none"
            raise Forbidden(f"this needs the scope {scope!r}, but the token {self.name!r} has: {held}")
        if not self.may(scope, blog):
            raise Forbidden(f"the token {self.name!r} is for other blogs, not for {blog!r}")


ANONYMOUS = Caller("anonymous", frozenset())


def new_token(
    name: str, scopes: Sequence[str], blogs: Sequence[str], expires_at: datetime | None, now: datetime
) -> tuple[TokenRecord, str]:
    """A token to keep, and its text, which is shown once.

    Raises:
        Invalid: an unknown scope, none at all, a name that is empty or not one line, an expiry in the past.
    """
    errors = [
        FieldError(f"/scopes/{i}", f"expected one of {', '.join(SCOPES)}, but got {scope!r}")
        for i, scope in enumerate(scopes)
        if scope not in SCOPES
    ]
    if not scopes:
        errors.append(FieldError("/scopes", f"expected at least one of {', '.join(SCOPES)}"))
    if not name.strip() or not name.isprintable() or len(name) > 100:
        errors.append(FieldError("/name", f"expected one line of at most 100 characters, but got {name[:120]!r}"))
    if expires_at is not None and expires_at <= now:
        errors.append(FieldError("/expires_at", f"expected a time to come, but got {expires_at.isoformat()}"))
    if errors:
        raise Invalid("; ".join(f"{error.pointer[1:]}: {error.detail}" for error in errors), errors)
    # Hex, not base64: an id may not hold the underscore that parts it from the secret.
    token_id, secret = secrets.token_hex(6), secrets.token_hex(32)
    record = TokenRecord(
        id=token_id,
        digest=_digest(secret),
        name=name.strip(),
        scopes=tuple(dict.fromkeys(scopes)),
        blogs=tuple(dict.fromkeys(blogs)),
        created_at=now.replace(microsecond=0),
        expires_at=expires_at,
    )
    return record, f"{_PREFIX}_{token_id}_{secret}"


def token_id(text: str) -> str | None:
    """The id within a token's text; None if it does not look like one."""
    parts = text.split("_")
    return parts[1] if len(parts) == 3 and parts[0] == _PREFIX and parts[1].isalnum() and len(parts[1]) == 12 else None


def recognise(text: str, record: TokenRecord | None, now: datetime) -> Caller:
    """The caller that a token's text stands for, given the record of its id.

    Raises:
        Unauthenticated: unknown, revoked, wrong or expired; which of them it was is not told apart but for the last.
    """
    secret = text.rpartition("_")[2]
    if record is None or not hmac.compare_digest(record.digest, _digest(secret)):
        raise Unauthenticated("the token is unknown or was revoked")
    if record.expires_at is not None and record.expires_at <= now:
        raise Unauthenticated(f"the token {record.name!r} expired at {record.expires_at.isoformat()}")
    return Caller(record.name, frozenset(record.scopes), frozenset(record.blogs), record.id)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
