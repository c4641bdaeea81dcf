"""The descriptions of the operations on pictures. Their endpoints are in web/api/media.py."""

from __future__ import annotations

from stoppress.media.picture import FORMATS, SIDE
from stoppress.media.scans import SCANS
from stoppress.web.contract.examples import story
from stoppress.web.contract.operation import IDEMPOTENCY_KEY, Operation, Parameter

ACCEPTED = tuple(media_type for _, media_type in FORMATS.values())

MEDIA: tuple[Operation, ...] = (
    Operation(
        "POST",
        "/v1/media",
        "createMedia",
        "Upload a picture",
        "Media",
        scope="write",
        accepts=(*ACCEPTED, "application/octet-stream"),
        parameters=(IDEMPOTENCY_KEY,),
        answers={201: {"$ref": "#/components/schemas/Picture"}},
        problems=(400, 401, 403, 413, 415, 422, 503),
        description="Accepts JPEG, PNG, WebP, AVIF and GIF, recognised by the first bytes, of at most "
        "{limits.media_limit} bytes, {limits.media_pixels} pixels. "
        f"Each side may have {SIDE} pixels, and a progressive JPEG {SCANS} scans. "
        "A picture that takes more than {limits.media_memory} bytes of memory or "
        "{limits.media_cpu_seconds} s of CPU time to decode is 422. The picture is rotated as its EXIF says. "
        "All metadata is removed, except for a valid colour profile. Use the fields of the answer in a post's `media`. "
        "The same picture always gets the same address.",
    ),
    Operation(
        "GET",
        "/media/{name}",
        "readMedia",
        "Read a picture",
        "Media",
        parameters=(
            Parameter(
                "name",
                "path",
                "The name in `url` and `srcset`.",
                {"type": "string"},
                f"{story.PICTURE}-1-1600.jpg",
            ),
        ),
        answers={200: {"type": "string", "format": "binary"}, 304: None},
        problems=(404, 503),
        media_type="image/*",
    ),
)
