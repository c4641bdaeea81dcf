"""Checks the colour profile (ICC) of a picture, which is stored in every file made from it."""

from __future__ import annotations

import io

from PIL import ImageCms

LARGEST = 1_048_576  # bytes; profiles for screens have 500 to 4,000, those for print up to 800,000
_SPACES = {"RGB": ("RGB", "RGBA"), "GRAY": ("L",), "CMYK": ("CMYK",)}  # Pillow's modes, by ICC colour space


def checked_profile(profile: bytes | None, mode: str) -> bytes | None:
    """`profile`, if it is one that LittleCMS can read, for the colours of Pillow's `mode`, and no larger than LARGEST.

    None otherwise: then the picture's colours are read as sRGB, as those of a picture without a profile.
    """
    if not profile or len(profile) > LARGEST:
        return None
    # Bytes after the profile's own length are none of its business, and would be stored unread.
    profile = profile[: int.from_bytes(profile[:4], "big")]
    try:
        read = ImageCms.ImageCmsProfile(io.BytesIO(profile)).profile
    except (OSError, ImageCms.PyCMSError):
        return None
    return profile if mode in _SPACES.get(read.xcolor_space.strip(), ()) else None
