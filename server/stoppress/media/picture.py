"""A picture as it came, made into the files that readers get.

Whatever is kept was written by us: the picture is decoded and encoded anew, turned as its EXIF says, with its colour
profile and nothing else that came along (no EXIF, so no place where it was taken; no second file hidden behind the
first). What it is, its first bytes say, not its name and not the request's Content-Type. Before anything is decoded,
the size that its header declares is held against the limit: a bomb of a few kilobytes never gets to unfold.
"""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from typing import Any

from PIL import Image, ImageOps, ImageSequence, UnidentifiedImageError

from stoppress.errors import Invalid

# Pillow's name → file extension, media type. SVG is not here: it is a document that can run scripts.
FORMATS = {
    "JPEG": ("jpg", "image/jpeg"),
    "PNG": ("png", "image/png"),
    "WEBP": ("webp", "image/webp"),
    "AVIF": ("avif", "image/avif"),
    "GIF": ("gif", "image/gif"),
}
TYPES = dict(FORMATS.values())
WIDTHS = (320, 640, 960, 1280, 1920)
WIDEST = 2560  # what is wider is made as wide
FRAMES = 300  # of an animation, at most
RECIPE = 1  # counts up when the same picture would give other files: part of the name
Image.MAX_IMAGE_PIXELS = None  # Pillow's own limit is a warning; ours is below, before anything is decoded
_SAVING: dict[str, dict[str, Any]] = {
    "JPEG": {"quality": 84, "optimize": True, "progressive": True},
    "PNG": {"optimize": False},
    "WEBP": {"quality": 82, "method": 4},
    "AVIF": {"quality": 65, "speed": 8},
    "GIF": {},
}


@dataclass(frozen=True, slots=True)
class File:
    """One file to keep; its name holds its content's hash."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Picture:
    """`files` hold the widest first; `width` and `height`, in pixels, are its own. `widths` go with the files."""

    width: int
    height: int
    files: tuple[File, ...]
    widths: tuple[int, ...]


def make(content: bytes, *, pixels: int) -> Picture:
    """The picture in all its widths; an animation in its own only. All frames together may have `pixels`.

    Raises:
        Invalid: 415 when it is none of FORMATS, 422 when it is too large or broken.
    """
    try:
        with Image.open(io.BytesIO(content), formats=tuple(FORMATS)) as source:
            return _make(source, hashlib.sha256(content).hexdigest()[:32], pixels)
    except UnidentifiedImageError as error:
        raise Invalid(f"expected a picture as {', '.join(FORMATS)}, but got {_start(content)}", status=415) from error
    except (OSError, SyntaxError, ValueError, EOFError, TypeError, IndexError, KeyError, ArithmeticError) as error:
        raise Invalid(f"the picture is broken: {str(error)[:200]}") from error


def _make(source: Image.Image, digest: str, pixels: int) -> Picture:
    kind = str(source.format)
    frames = 1
    if source.width * source.height <= pixels:  # only then are frames counted: some formats have to look at each
        frames = getattr(source, "n_frames", 1)
    if frames > FRAMES:
        raise Invalid(f"the animation has {frames} frames; the limit is {FRAMES}")
    if source.width * source.height * frames > pixels:
        raise Invalid(
            f"the picture has {source.width} × {source.height} pixels{f' in {frames} frames' if frames > 1 else ''}; "
            f"the limit is {pixels}"
        )
    extension, _ = FORMATS[kind]
    profile = source.info.get("icc_profile")
    if frames > 1:
        image = source
        file = File(f"{digest}-{RECIPE}-{source.width}.{extension}", _animation(source, kind))
        return Picture(image.width, image.height, (file,), (image.width,))
    image = _plain(ImageOps.exif_transpose(source), kind)
    if image.width > WIDEST:
        image = _at_width(image, WIDEST)
    widths = (image.width, *(width for width in reversed(WIDTHS) if width < image.width))
    files = tuple(
        File(f"{digest}-{RECIPE}-{width}.{extension}", _encode(_at_width(image, width), kind, profile))
        for width in widths
    )
    return Picture(image.width, image.height, files, widths)


def _plain(image: Image.Image, kind: str) -> Image.Image:
    """The pixels alone, in a mode that can be scaled and saved."""
    alpha = image.has_transparency_data and kind != "JPEG"
    mode = "RGBA" if alpha else "L" if image.mode in ("L", "1") else "CMYK" if image.mode == "CMYK" else "RGB"
    image = image.convert(mode)
    image.info = {}
    return image


def _at_width(image: Image.Image, width: int) -> Image.Image:
    if width == image.width:
        return image
    height = max(1, round(image.height * width / image.width))
    return image.resize((width, height), Image.Resampling.LANCZOS)


def _encode(image: Image.Image, kind: str, profile: bytes | None) -> bytes:
    options = dict(_SAVING[kind])
    if profile and kind != "GIF":
        options["icc_profile"] = profile
    out = io.BytesIO()
    image.save(out, kind, exif=b"", **options) if kind in ("JPEG", "WEBP", "AVIF") else image.save(out, kind, **options)
    return out.getvalue()


def _animation(source: Image.Image, kind: str) -> bytes:
    frames, durations = [], []
    for frame in ImageSequence.Iterator(source):
        durations.append(int(frame.info.get("duration", 100)) or 100)
        copy = frame.convert("RGBA")
        copy.info = {}
        frames.append(copy)
    out = io.BytesIO()
    options = dict(_SAVING[kind])
    if kind == "GIF":
        options["disposal"] = 2
    loop = int(source.info.get("loop", 0))
    frames[0].save(out, kind, save_all=True, append_images=frames[1:], duration=durations, loop=loop, **options)
    return out.getvalue()


def _start(content: bytes) -> str:
    return f"{len(content)} bytes that start with {content[:16]!r}" if content else "nothing"
