"""The process's side: a job and a picture in, an outcome out."""

from __future__ import annotations

import json

import pytest

from stoppress.errors import Invalid
from stoppress.media.decoding import Job, dump_job, load_outcome

DIGEST = "0" * 32


def test_a_job_is_a_line_before_the_picture() -> None:
    line, _, content = dump_job(Job(DIGEST, 4_000_000, 10**9, 5), b"pic\nture").partition(b"\n")
    assert json.loads(line) == {"digest": DIGEST, "pixels": 4_000_000, "memory": 10**9, "cpu": 5}
    assert content == b"pic\nture"


def test_an_outcome_is_the_picture_or_why_there_is_none() -> None:
    head = {"width": 700, "height": 350, "widths": [700, 640], "files": [["a.jpg", 3], ["b.jpg", 2]]}
    picture = load_outcome(json.dumps(head).encode() + b"\naaabb")
    assert [(file.name, file.content) for file in picture.files] == [("a.jpg", b"aaa"), ("b.jpg", b"bb")]
    assert (picture.width, picture.height, picture.widths) == (700, 350, (700, 640))
    with pytest.raises(Invalid, match="no picture") as refused:
        load_outcome(b'{"invalid":"no picture","status":415}\n')
    assert refused.value.status == 415


@pytest.mark.parametrize("cut", [b"", b"{", b'{"width":1,"height":1,"widths":[1],"files":[["a.jpg",9]]}\nabc'])
def test_an_outcome_that_is_cut_short_is_an_error(cut: bytes) -> None:
    with pytest.raises(ValueError):
        load_outcome(cut)
