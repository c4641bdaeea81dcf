"""How long caches may keep each kind of answer: the values of Cache-Control (RFC 9111, 5.2.2; RFC 5861)."""

from __future__ import annotations

NO_STORE = {"cache-control": "no-store"}
# Of what an editor may see more of than a reader.
REVALIDATE = {"cache-control": "no-cache", "vary": "Authorization"}
NO_CACHE = "no-cache"
# Pages and feeds: a browser asks again at each load (304 if nothing changed); a CDN may answer a storm of them for two
# seconds, and go on for ten while it asks: the cursor in the page makes up for it.
PAGE = "public, max-age=0, s-maxage=2, stale-while-revalidate=10"
# `/changes`: one second is nothing to a reader who polls, and lets a CDN answer all of them with one request.
CHANGES = "public, max-age=1, stale-while-revalidate=5"
# What has an address of its own for each content: pictures, and the client's files.
IMMUTABLE = "public, max-age=31536000, immutable"
EMBED = "public, max-age=300"
DOCUMENTS = "public, max-age=60"
ROBOTS = "public, max-age=3600"
