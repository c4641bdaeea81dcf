"""Room for readers' files, in a process whose limits are the test's own."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

_WITHIN = """
import json, os, resource, sys
soft, hard, readers, waiting = map(int, sys.argv[1:])
resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
from stoppress.file_limits import make_room
before = len(os.listdir("/proc/self/fd"))
room = make_room(readers, connections=32, waiting=waiting)
after = len(os.listdir("/proc/self/fd"))
with open("/proc/self/status") as status:
    size = next(int(line.split()[1]) for line in status if line.startswith("FDSize"))
soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
print(json.dumps({
    "room": room.readers, "waiting": room.waiting, "soft": soft, "hard": hard, "table": size, "opened": after - before
}))
"""


@pytest.mark.parametrize(
    ("soft", "hard", "readers", "room", "then"),
    [
        pytest.param(256, 9_000, 4_000, 4_000, 4_532, id="the limit is raised as far as it needs be"),
        pytest.param(8_000, 9_000, 4_000, 4_000, 8_000, id="a limit that is high enough stays"),
        pytest.param(256, 2_000, 4_000, 1_468, 2_000, id="where the hard limit is lower there is room for fewer"),
        pytest.param(256, 300, 4_000, 0, 300, id="and at last for none"),
    ],
)
def test_there_is_room_for_readers_before_they_come(soft: int, hard: int, readers: int, room: int, then: int) -> None:
    command = [sys.executable, "-c", _WITHIN, str(soft), str(hard), str(readers), "0"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=30)
    found = json.loads(done.stdout)
    assert found["room"] == room
    assert (found["soft"], found["hard"]) == (then, hard)
    assert found["table"] >= min(readers + 532, then)  # the kernel grows it no more while they come
    assert found["opened"] == 0
    told = f"allows only {room} readers; STOPPRESS_READERS_MAX={readers} needs"
    assert (told in done.stderr) == (room < readers)


@pytest.mark.parametrize(
    ("hard", "room", "waiting"),
    [
        pytest.param(9_000, 4_000, 800, id="enough for all"),
        pytest.param(2_000, 1_175, 293, id="a fifth of what is left"),
        pytest.param(540, 0, 20, id="or else a few"),
    ],
)
def test_connections_without_a_request_have_room_of_their_own(hard: int, room: int, waiting: int) -> None:
    command = [sys.executable, "-c", _WITHIN, "256", str(hard), "4000", "800"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=30)
    found = json.loads(done.stdout)
    assert (found["room"], found["waiting"]) == (room, waiting)
