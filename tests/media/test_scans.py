"""How often a decoder would go over a JPEG."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from stoppress.media.scans import count_scans


def jpeg(*, progressive: bool, thumbnail: bytes = b"") -> bytes:
    out = io.BytesIO()
    exif = b"Exif\x00\x00" + thumbnail
    Image.effect_noise((300, 200), 80).save(out, "JPEG", progressive=progressive, exif=exif, quality=95)
    return out.getvalue()


@pytest.mark.parametrize(("progressive", "scans"), [(False, 1), (True, 6)])
def test_scans_are_counted_without_those_of_a_thumbnail(progressive: bool, scans: int) -> None:
    plain = jpeg(progressive=progressive)
    assert count_scans(plain) == scans
    assert count_scans(jpeg(progressive=progressive, thumbnail=plain[:60_000])) == scans


@pytest.mark.parametrize(
    "content", [b"", b"\xff", b"\xff\xda", b"\xff\xd8\xff\xda\x00", b"\xff\xe1\xff\xff" + b"x" * 9]
)
def test_a_jpeg_that_ends_early_has_what_was_found(content: bytes) -> None:
    assert count_scans(content) <= 1


def test_scans_after_the_end_do_not_count() -> None:
    plain = jpeg(progressive=False)
    assert count_scans(plain + plain) == 1
