"""A night on a lightship: every part that a post can have."""

from __future__ import annotations

from typing import Any

# In the order in which they were filed, not that of the events.
POSTS: list[dict[str, Any]] = [
    {
        "id": "first-light",
        "published_at": "2025-03-09T06:59:00Z",  # the minute before the clocks go forward in New York
        "title": 'The keepers\' "long watch" begins',
        "byline": "From Odile Marsh aboard the Petrel",
        "body": "<p>The lamp was lit at dusk.</p><blockquote>We have oil for nine days.</blockquote>",
        "media": [
            {
                "type": "image",
                "url": "/demo/quay.svg",
                "alt": "A quay at night",
                "caption": "The quay, an hour before the lamp was lit.",
                "credit": "Ilse Brandt/The Harbour Post",
                "width": 1200,
                "height": 675,
            }
        ],
        "notes": "Tomas Weir contributed reporting.",
        "links": [{"url": "https://harbour.example/oil", "title": "Why the Petrel still burns oil"}],
        "tags": ["Petrel", "weather"],
    },
    {"id": "one-line", "published_at": "2025-03-09T07:01:00Z", "body": "<p>Wind now force seven.</p>"},
    {
        "id": "filed-late",
        "published_at": "2025-03-09T07:00:00Z",
        "updated_at": "2025-03-09T09:30:00Z",
        "title": "Two boats turn back",
        "byline": "Tomas Weir in Saltmarch",
        "body": "## What we know\n\n- the *Anna*\n- the *Kestrel*",
        "body_format": "markdown",
        "key": True,
        "key_title": "Boats turn back",
        "media": [
            {
                "type": "embed",
                "url": "https://video.example/7",
                "provider": "Harbour Video",
                "title": "The *Anna* returns",
            }
        ],
    },
]
