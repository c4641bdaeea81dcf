"""What becomes of a picture: every format, turned, stripped, in widths; and all that is none is refused."""

from __future__ import annotations

import hashlib
import io
import re
import struct
import zlib
from typing import Any

import pytest
from PIL import Image, ImageCms

from stoppress.errors import Invalid
from stoppress.media.picture import FORMATS, Picture, make

PIXELS = 4_000_000
GPS = b"here-she-lives"


def made(content: bytes, *, pixels: int) -> Picture:
    return make(content, digest=hashlib.sha256(content).hexdigest()[:32], pixels=pixels)


def encoded(kind: str, size: tuple[int, int] = (1000, 500), **options: Any) -> bytes:
    """Left half red, right half blue."""
    image = Image.new("RGB", size, "red")
    image.paste("blue", (size[0] // 2, 0, *size))
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def exif(orientation: int) -> bytes:
    found = Image.Exif()
    found[0x0112] = orientation
    found[0x010E] = GPS.decode()
    return found.tobytes()


def opened(picture: Picture, index: int = 0) -> Image.Image:
    return Image.open(io.BytesIO(picture.files[index].content))


@pytest.mark.parametrize("kind", list(FORMATS))
def test_every_format_is_made_in_widths_of_its_own_shape(kind: str) -> None:
    picture = made(encoded(kind), pixels=PIXELS)
    assert (picture.width, picture.height, picture.widths) == (1000, 500, (1000, 960, 640, 320))
    for i, width in enumerate(picture.widths):
        with opened(picture, i) as image:
            assert (image.format, image.size) == (kind, (width, width // 2))
            left, right = (image.convert("RGB").getpixel((at, 100)) for at in (40, width - 40))
            assert isinstance(left, tuple) and isinstance(right, tuple)
            assert left[0] > 200 > left[2] and right[2] > 200 > right[0]


@pytest.mark.parametrize("kind", ["JPEG", "WEBP", "AVIF", "PNG"])
def test_what_came_along_is_gone_and_the_picture_stands_upright(kind: str) -> None:
    content = encoded(kind, exif=exif(6))
    assert GPS in content
    picture = made(content, pixels=PIXELS)
    assert (picture.width, picture.height) == (500, 1000)
    for i, file in enumerate(picture.files):
        assert GPS not in file.content
        with opened(picture, i) as image:
            assert not image.getexif() and image.width < image.height
            top = image.convert("RGB").getpixel((10, 10))
            assert isinstance(top, tuple) and top[0] > 200  # red was left: turned by 90°, it is on top


def test_what_hides_behind_a_picture_is_gone() -> None:
    picture = made(encoded("JPEG") + b"<script>alert(1)</script>", pixels=PIXELS)
    assert all(b"<script>" not in file.content for file in picture.files)


def test_a_wide_picture_is_made_narrower_and_names_hold_the_content() -> None:
    content = encoded("JPEG", (3000, 600))
    picture = made(content, pixels=PIXELS)
    assert (picture.width, picture.height) == (2560, 512)
    assert made(content, pixels=PIXELS) == picture
    other = made(encoded("JPEG", (3000, 602)), pixels=PIXELS)
    assert not {file.name for file in other.files} & {file.name for file in picture.files}


def test_transparency_and_colours_stay() -> None:
    out = io.BytesIO()
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    Image.new("RGBA", (400, 400), (255, 0, 0, 0)).save(out, "PNG", icc_profile=profile)
    with opened(made(out.getvalue(), pixels=PIXELS)) as image:
        assert image.convert("RGBA").getpixel((0, 0))[3] == 0  # type: ignore[index]
        assert image.info["icc_profile"] == profile


def test_what_is_no_colour_profile_is_not_kept() -> None:
    picture = made(encoded("JPEG", icc_profile=b"a letter"), pixels=PIXELS)
    assert all(b"a letter" not in file.content for file in picture.files)


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG", "AVIF"])
def test_an_animation_goes_on_moving(kind: str) -> None:
    frames = [Image.new("RGB", (400, 200), colour) for colour in ("red", "green", "blue")]
    out = io.BytesIO()
    frames[0].save(out, kind, save_all=True, append_images=frames[1:], duration=120)
    picture = made(out.getvalue(), pixels=PIXELS)
    assert picture.widths == (400,)
    with opened(picture) as image:
        assert getattr(image, "n_frames", 1) == 3
    with pytest.raises(Invalid, match="3 frames"):
        made(out.getvalue(), pixels=200_000)


def bomb(width: int, height: int, depth: int = 8) -> bytes:
    """A PNG of a few bytes that says that it is huge."""
    chunks = [
        (b"IHDR", struct.pack(">IIBBBBB", width, height, depth, 2, 0, 0, 0)),
        (b"IDAT", zlib.compress(b"")),
        (b"IEND", b""),
    ]
    parts = [struct.pack(">I", len(c)) + n + c + struct.pack(">I", zlib.crc32(n + c)) for n, c in chunks]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def with_scans(more: int) -> bytes:
    """A progressive JPEG whose second scan is there `more` times again."""
    content = encoded("JPEG", progressive=True)
    first, second, third, *_ = (found.start() for found in re.finditer(rb"\xff\xda", content))
    return content[:third] + more * content[second:third] + content[third:]


@pytest.mark.parametrize(
    ("content", "status", "detail"),
    [
        (b"", 415, "nothing"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", 415, "<svg"),
        (b"<!doctype html><script>x()</script>", 415, "<!doctype"),
        (b"%PDF-1.7", 415, "PDF"),
        (encoded("TIFF", (10, 10)), 415, "II"),
        (encoded("BMP", (10, 10)), 415, "BM"),
        (encoded("ICO", (16, 16)), 415, "bytes"),
        (bomb(60_000, 60_000), 422, "60000 × 60000"),
        (bomb(900, 900), 422, "broken"),
        (bomb(4_000_000, 1, 16), 422, "4000000 × 1 pixels; the limit for each side is 20000"),
        (bomb(1, 4_000_000), 422, "1 × 4000000"),
        (with_scans(200), 422, "scans; the limit is 100"),
        (encoded("JPEG")[:2_000], 422, "broken"),
        (encoded("PNG", (3000, 3000)), 422, "4000000"),
        (encoded("WEBP")[:300], 422, "broken"),
    ],
)
def test_what_is_no_picture_or_too_large_is_refused_by_its_content(content: bytes, status: int, detail: str) -> None:
    with pytest.raises(Invalid) as refused:
        made(content, pixels=PIXELS)
    assert refused.value.status == status and detail in refused.value.detail
