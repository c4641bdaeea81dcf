"""How long caches may keep each kind of response: the values of Cache-Control (RFC 9111, 5.2.2; RFC 5861)."""

from __future__ import annotations

NO_STORE = {"cache-control": "no-store"}
# For responses that show more to an editor than to a reader.
REVALIDATE = {"cache-control": "no-cache", "vary": "Authorization"}
NO_CACHE = "no-cache"
# Pages and feeds. A browser revalidates at each load (304 if nothing changed). A CDN may serve a page for two seconds,
# and for ten more while it revalidates. The client makes up for an old page: it catches up from the page's cursor.
PAGE = "public, max-age=0, s-maxage=2, stale-while-revalidate=10"
# How long a CDN may serve it while this server answers with an error (RFC 5861, 4) is a setting: see `page`.
# `/changes`: a reader who polls does not notice one second, and it lets a CDN answer all readers with one request.
CHANGES = "public, max-age=1, stale-while-revalidate=5"
# Files whose address changes with their content: pictures, and the client's files.
IMMUTABLE = "public, max-age=31536000, immutable"
EMBED = "public, max-age=300"
DOCUMENTS = "public, max-age=60"
ROBOTS = "public, max-age=3600"


def page(stale_if_error: float) -> str:
    """PAGE, which a CDN may also serve for `stale_if_error` seconds while this server answers with an error."""
    return f"{PAGE}, stale-if-error={stale_if_error:.0f}"
