"""Makes the files that readers get from an uploaded picture.

Every file that is stored was encoded by the server. It decodes the picture, rotates it as its EXIF says, and encodes it
again with its colour profile but without any other metadata: no EXIF, so no location, and no second file hidden after
the first. The first bytes decide the format, not the file's name or the request's Content-Type. The sides in the
picture's header, their product and the number of scans are checked against limits before anything is decoded, so a
decompression bomb is refused unopened. Decoding runs in a process of its own (decoding.py), which bounds the rest.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any

from PIL import AvifImagePlugin, Image, ImageOps, ImageSequence, UnidentifiedImageError

from stoppress.errors import Invalid
from stoppress.media.colour_profile import checked_profile
from stoppress.media.scans import SCANS, count_scans

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
WIDEST = 2560  # pixels; a wider picture is scaled down to this width
FRAMES = 300  # frames of an animation, at most
SIDE = 20_000  # pixels; a decoder allocates whole rows, and a post's media has no larger width and height
RECIPE = 1  # part of the files' names; increase it when the same picture would give other files
_THREADS = 2  # of the AVIF library, for one picture; each needs some memory
AvifImagePlugin.DEFAULT_MAX_THREADS = _THREADS  # for decoding
Image.MAX_IMAGE_PIXELS = None  # Pillow's limit only warns; `_make` checks ours before anything is decoded
_SAVING: dict[str, dict[str, Any]] = {
    "JPEG": {"quality": 84, "optimize": True, "progressive": True},
    "PNG": {"optimize": False},
    "WEBP": {"quality": 82, "method": 4},
    "AVIF": {"quality": 65, "speed": 8, "max_threads": _THREADS},
    "GIF": {},
}


@dataclass(frozen=True, slots=True)
class File:
    """One file to store. Its name contains the digest of the uploaded picture."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Picture:
    """A processed picture. `width` and `height` are in pixels. `files` are in order of width, widest first, and
    `widths` are their widths in pixels."""

    width: int
    height: int
    files: tuple[File, ...]
    widths: tuple[int, ...]


def make(content: bytes, *, digest: str, pixels: int) -> Picture:
    """Make the picture in all its widths; an animation only in its own width.

    `digest` begins the files' names. `pixels` is the limit for all frames together.

    Raises:
        Invalid: 415 when the content is none of FORMATS; 422 when it is too large or broken.
    """
    try:
        with Image.open(io.BytesIO(content), formats=tuple(FORMATS)) as source:
            return _make(source, content, digest, pixels)
    except UnidentifiedImageError as error:
        formats = ", ".join(FORMATS)
        raise Invalid(f"expected a picture (one of {formats}), but got {_start(content)}", status=415) from error
    except (OSError, SyntaxError, ValueError, EOFError, TypeError, IndexError, KeyError, ArithmeticError) as error:
        raise Invalid(f"the picture is broken: {str(error)[:200]}") from error


def _make(source: Image.Image, content: bytes, digest: str, pixels: int) -> Picture:
    kind = str(source.format)
    if max(source.size) > SIDE:
        raise Invalid(f"the picture has {source.width} × {source.height} pixels; the limit for each side is {SIDE}")
    if kind == "JPEG" and (scans := count_scans(content)) > SCANS:
        raise Invalid(f"the picture has {scans} scans; the limit is {SCANS}")
    frames = 1
    if source.width * source.height <= pixels:  # check first: to count frames, some formats decode each of them
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
    profile = checked_profile(profile, image.mode)
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
