"""Which colour profiles are kept."""

from __future__ import annotations

import pytest
from PIL import ImageCms

from stoppress.media.colour_profile import LARGEST, checked_profile

SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_a_profile_for_the_picture_s_colours_is_kept(mode: str) -> None:
    assert checked_profile(SRGB, mode) == SRGB


@pytest.mark.parametrize("profile", [None, b"", b"profile", SRGB[:200], b"\xff" * 500, SRGB + b"x" * LARGEST])
def test_what_is_no_profile_or_too_large_is_not(profile: bytes | None) -> None:
    assert checked_profile(profile, "RGB") is None


@pytest.mark.parametrize("mode", ["L", "CMYK"])
def test_a_profile_for_other_colours_is_not(mode: str) -> None:
    assert checked_profile(SRGB, mode) is None


def test_what_hides_behind_a_profile_is_not_kept() -> None:
    assert checked_profile(SRGB + b"a letter", "RGB") == SRGB
