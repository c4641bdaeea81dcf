"""How tokens are created, and how one is checked against its stored digest.

A token is `sp_ID_SECRET`. The secret has 256 random bits, so a plain SHA-256 of it is safe to store: no dictionary can
guess it. (OWASP recommends slow hashes for passwords, which people choose.) Only the digest is stored
(store/tokens.py).
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from datetime import datetime

from stoppress.errors import FieldError, Invalid, Unauthenticated
from stoppress.store.base_tokens import TokenRecord
from stoppress.token_scopes import SCOPES, Caller

_PREFIX = "sp"


def new_token(
    name: str, scopes: Sequence[str], blogs: Sequence[str], expires_at: datetime | None, now: datetime
) -> tuple[TokenRecord, str]:
    """Create a token: its record to store, and its text, which is shown only once.

    Raises:
        Invalid: a scope is unknown, there is no scope, the name is empty or not one line, or the expiry is in the past.
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
        errors.append(FieldError("/expires_at", f"expected a time in the future, but got {expires_at.isoformat()}"))
    if errors:
        raise Invalid("; ".join(f"{error.pointer[1:]}: {error.detail}" for error in errors), errors)
    # Hex, not base64: an id must not contain an underscore, which separates it from the secret.
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
    """The id in a token's text. None if the text does not look like a token."""
    parts = text.split("_")
    return parts[1] if len(parts) == 3 and parts[0] == _PREFIX and parts[1].isalnum() and len(parts[1]) == 12 else None


def recognise(text: str, record: TokenRecord | None, now: datetime) -> Caller:
    """The caller whose token is `text`, given the record with its id.

    Raises:
        Unauthenticated: the token is unknown, revoked or wrong, which the message does not distinguish, or it has
            expired.
    """
    secret = text.rpartition("_")[2]
    if record is None or not hmac.compare_digest(record.digest, _digest(secret)):
        raise Unauthenticated("the token is unknown or was revoked")
    if record.expires_at is not None and record.expires_at <= now:
        raise Unauthenticated(f"the token {record.name!r} expired at {record.expires_at.isoformat()}")
    return Caller(record.name, frozenset(record.scopes), frozenset(record.blogs), record.id)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
