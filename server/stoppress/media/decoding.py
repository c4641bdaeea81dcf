"""Runs `make` in a process of its own: `python -m stoppress.media.decoding`, with limits on memory and CPU time.

Decoders are C code that reads what strangers made. In its own process a picture can't take the server's memory or stop
its event loop, and the server can kill it (decoder_process.py). Only a caller of this module's functions needs to know
how the two processes talk: a line of JSON, then bytes.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, dataclass
from typing import BinaryIO

from stoppress.errors import Invalid
from stoppress.media.picture import File, Picture, make
from stoppress.process_limits import limit_this_process


@dataclass(frozen=True, slots=True)
class Job:
    """A picture to make: the `digest` for its names, and the limits: pixels, bytes of memory, seconds of CPU."""

    digest: str
    pixels: int
    memory: int
    cpu: int


def dump_job(job: Job, content: bytes) -> bytes:
    """The input of the process."""
    return json.dumps(asdict(job)).encode() + b"\n" + content


def load_outcome(output: bytes) -> Picture:
    """The picture in the output of the process.

    Raises:
        Invalid: as `make` does, or because the picture needs more memory than the limit.
        ValueError: the output is not whole.
    """
    head, _, content = output.partition(b"\n")
    outcome = json.loads(head)
    if "invalid" in outcome:
        raise Invalid(outcome["invalid"], status=outcome["status"])
    files, position = [], 0
    for name, size in outcome["files"]:
        files.append(File(name, content[position : position + size]))
        position += size
    if position != len(content):
        raise ValueError(f"expected {position} bytes of files, but got {len(content)}")
    return Picture(outcome["width"], outcome["height"], tuple(files), tuple(outcome["widths"]))


def main(source: BinaryIO, out: BinaryIO) -> None:
    """Make the picture that `source` describes, and write the outcome to `out`."""
    job = Job(**json.loads(source.readline()))
    limit_this_process(memory=job.memory, cpu=job.cpu)
    content = source.read()
    try:
        picture = make(content, digest=job.digest, pixels=job.pixels)
    except MemoryError:
        _write(out, {"invalid": f"the picture needs more than {job.memory} bytes of memory to decode", "status": 422})
        return
    except Invalid as error:
        _write(out, {"invalid": error.detail, "status": error.status})
        return
    files = [(file.name, len(file.content)) for file in picture.files]
    _write(out, {"width": picture.width, "height": picture.height, "widths": picture.widths, "files": files})
    for file in picture.files:
        out.write(file.content)


def _write(out: BinaryIO, head: dict[str, object]) -> None:
    out.write(json.dumps(head).encode() + b"\n")


if __name__ == "__main__":
    main(sys.stdin.buffer, sys.stdout.buffer)
