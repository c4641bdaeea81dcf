"""The body of a request: its type and its size limit."""

from __future__ import annotations

from collections.abc import Collection

from starlette.requests import ClientDisconnect, Request

from stoppress.errors import Invalid
from stoppress.web.http.request import invalid
from stoppress.web.http.token_rate_limit import TokenLimits, spend_bytes

_JSON_TYPES = {"", "application/json", "application/merge-patch+json"}


async def body(
    request: Request,
    limit: int,
    limits: TokenLimits,
    *,
    kinds: Collection[str] = _JSON_TYPES,
    expected: str = "application/json",
) -> bytes:
    """The body of the request, of at most `limit` bytes. The request's token was checked before.

    `limits` counts the bytes for the token: before the body is read if its length is declared, else afterwards. `kinds`
    are the media types to accept (the empty one stands for a missing Content-Type), and `expected` describes them in
    the error.

    Raises:
        Limited: the token has not so many bytes left in this minute.
        Invalid: 415 for another media type; 413 when the declared or the actual size is over the limit (no more than
            the limit is ever kept in memory); 400 when the connection closes before the body is complete.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in kinds:
        raise invalid("Content-Type", f"expected {expected}, but got {kind[:80]!r}", 415)
    declared = request.headers.get("content-length", "")
    if declared.isdigit() and int(declared) > limit:
        raise invalid("Content-Length", f"expected a body of at most {limit} bytes, but got {declared}", 413)
    if declared.isdigit():
        await spend_bytes(request, limits, int(declared))
    content = bytearray()
    try:
        async for chunk in request.stream():
            content += chunk
            if len(content) > limit:
                raise invalid("body", f"expected a body of at most {limit} bytes, but got more", 413)
    except ClientDisconnect as error:
        raise Invalid("the connection closed before the body was complete", status=400) from error
    if not declared.isdigit():
        await spend_bytes(request, limits, len(content))
    return bytes(content)
