"""A picture is decoded in a process that may take only so much, and that can be killed."""

from __future__ import annotations

import io
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path

import pytest
from PIL import Image

from stoppress.errors import Invalid, Unavailable
from stoppress.media.decoder_process import DecoderProcesses

DIGEST = "0" * 32


def encoded(size: tuple[int, int], kind: str = "JPEG") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, "teal").save(out, kind)
    return out.getvalue()


@cache
def slow() -> bytes:
    """A JPEG that takes some seconds: it has nearly as many scans as are allowed."""
    out = io.BytesIO()
    Image.new("L", (7_000, 7_000), 128).save(out, "JPEG", progressive=True, quality=30)
    content = out.getvalue()
    scans = content.split(b"\xff\xda")
    again = b"\xff\xda" + scans[2]
    return content[:-2] + 90 * again + content[-2:]


@pytest.fixture
def decoders() -> Iterator[DecoderProcesses]:
    decoders = DecoderProcesses(pixels=50_000_000, memory=2**31, cpu=30)
    yield decoders
    decoders.close()


def test_a_picture_comes_back_under_its_digest(decoders: DecoderProcesses) -> None:
    picture = decoders.make(encoded((700, 350)), DIGEST)
    assert (picture.width, picture.height, picture.widths) == (700, 350, (700, 640, 320))
    assert [file.name for file in picture.files] == [f"{DIGEST}-1-{width}.jpg" for width in (700, 640, 320)]
    with Image.open(io.BytesIO(picture.files[1].content)) as image:
        assert image.size == (640, 320)


def test_what_is_no_picture_is_refused_as_without_a_process(decoders: DecoderProcesses) -> None:
    with pytest.raises(Invalid, match="<svg") as refused:
        decoders.make(b"<svg/>", DIGEST)
    assert refused.value.status == 415


def test_a_picture_that_takes_too_long_is_refused() -> None:
    decoders = DecoderProcesses(pixels=50_000_000, memory=2**31, cpu=1)
    with pytest.raises(Invalid, match="more than 1 s of CPU time"):
        decoders.make(slow(), DIGEST)


def test_a_picture_that_takes_too_much_memory_is_refused() -> None:
    decoders = DecoderProcesses(pixels=50_000_000, memory=2**28, cpu=30)
    with pytest.raises(Invalid, match="more than 268435456 bytes of memory"):
        decoders.make(encoded((7_000, 7_000), "PNG"), DIGEST)


def test_a_closed_server_kills_the_process_and_starts_no_other(decoders: DecoderProcesses) -> None:
    content = slow()
    closing = threading.Timer(1.0, decoders.close)
    began = time.monotonic()
    closing.start()
    with pytest.raises(Unavailable, match="stopping"):
        for _ in range(20):  # longer than the timer, however fast the machine
            decoders.make(content, DIGEST)
    assert time.monotonic() - began < 20
    with pytest.raises(Unavailable, match="stopping"):
        decoders.make(encoded((10, 10)), DIGEST)


def environments_of_children() -> list[bytes]:
    """The environments of the processes that this one has started and that run `decoding`."""
    children = [pid for task in Path("/proc/self/task").glob("*/children") for pid in task.read_text().split()]
    found = []
    for pid in children:
        with suppress(OSError):  # it has ended
            if b"stoppress.media.decoding" in Path(f"/proc/{pid}/cmdline").read_bytes():
                found.append(Path(f"/proc/{pid}/environ").read_bytes())
    return found


def test_secrets_do_not_reach_the_process(monkeypatch: pytest.MonkeyPatch, decoders: DecoderProcesses) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "hunter2")
    monkeypatch.setenv("STOPPRESS_ADMIN_TOKEN", "hunter2")

    def make() -> None:
        with suppress(Unavailable):  # closed below
            decoders.make(slow(), DIGEST)

    making = threading.Thread(target=make)
    making.start()
    found: list[bytes] = []
    while making.is_alive() and not any(found):
        found = environments_of_children()
    decoders.close()
    making.join()
    assert any(found) and not any(b"hunter2" in environment for environment in found)
