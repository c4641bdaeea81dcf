"""Counts the scans of a JPEG before it is decoded.

A progressive JPEG stores its pixels in several scans, and the decoder goes over the whole picture once for each. An
empty scan takes 100 bytes for 49 million pixels, so a small file can keep a decoder busy for minutes. ("Two Issues with
the JPEG Standard", libjpeg-turbo, 2014, describes the attack, and suggests a limit for the scans.)
"""

from __future__ import annotations

import re

SCANS = 100  # at most, in one JPEG; encoders write 6 to 20
_START, _END = 0xDA, 0xD9
# The end of a scan's data: a marker, but no restart marker (D0 to D7) and no FF byte of the data, which 00 follows.
_MARKER = re.compile(rb"\xff[\x01-\xcf\xd8-\xfe]")
_BARE = frozenset({0x01, *range(0xD0, 0xD9)})  # markers without a length


def count_scans(content: bytes) -> int:
    """The number of scans of a JPEG (ITU T.81, annex B). Counting ends where the file does not go on as a JPEG."""
    scans, position = 0, 0
    while found := _MARKER.search(content, position):
        marker = content[found.start() + 1]
        position = found.end()
        if marker == _END:
            break
        if marker in _BARE:
            continue
        scans += marker == _START
        position += int.from_bytes(content[position : position + 2], "big")
    return scans
