"""What the API does with pictures; web/api/media.py answers."""

from __future__ import annotations

from stoppress.media.picture import FORMATS
from stoppress.web.contract.operation import IDEMPOTENCY_KEY, Operation, Parameter

ACCEPTED = tuple(media_type for _, media_type in FORMATS.values())

MEDIA: tuple[Operation, ...] = (
    Operation(
        "POST",
        "/v1/media",
        "createMedia",
        "Take a picture in",
        "Media",
        scope="write",
        accepts=(*ACCEPTED, "application/octet-stream"),
        parameters=(IDEMPOTENCY_KEY,),
        answers={201: {"$ref": "#/components/schemas/Picture"}},
        problems=(400, 401, 403, 413, 415, 422, 503),
        description="JPEG, PNG, WebP, AVIF or GIF, as its first bytes say; at most {settings.media_limit} bytes and "
        "{settings.media_pixels} pixels. It is turned as its EXIF says and loses all that it carries along but its "
        "colour profile. The answer is what a post's `media` takes. The same picture gives the same address.",
    ),
    Operation(
        "GET",
        "/media/{name}",
        "readMedia",
        "A picture",
        "Media",
        parameters=(Parameter("name", "path", "As `url` and `srcset` name it.", {"type": "string"}),),
        answers={200: {"type": "string", "format": "binary"}, 304: None},
        problems=(404, 503),
        media_type="image/*",
    ),
)
