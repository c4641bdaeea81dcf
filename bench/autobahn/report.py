"""What bench/autobahn/run tells Autobahn, and what it makes of the answer.

report.py spec PORT [CASES …]   the fuzzing client's settings, for our echo at PORT and the peer's at PORT + 1
report.py wait PORT PORT        return when both listen
report.py summary INDEX         the results of Autobahn's index.json as Markdown; exits with 1 when ours is worse
"""

from __future__ import annotations

import json
import socket
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

OURS, PEER = "Stop Press", "websockets"
_ABOUT = {
    "1": "framing",
    "2": "pings and pongs",
    "3": "reserved bits",
    "4": "opcodes",
    "5": "fragments",
    "6": "UTF-8",
    "7": "closing",
    "9": "up to 16 MiB",
    "10": "automatic fragments",
    "12": "compression, by payload",
    "13": "compression, by what is agreed on",
}
_GOOD = ("OK", "INFORMATIONAL", "UNIMPLEMENTED")  # of compression, what a server declines is unimplemented, and right
_RANKS = ("OK", "INFORMATIONAL", "UNIMPLEMENTED", "NON-STRICT", "WRONG CODE", "UNCLEAN", "FAILED")


def spec(port: int, cases: list[str]) -> str:
    """JSON."""
    servers = [
        {"agent": OURS, "url": f"ws://127.0.0.1:{port}/v1/blogs/echo/socket"},
        {"agent": PEER, "url": f"ws://127.0.0.1:{port + 1}/"},
    ]
    return json.dumps(
        {
            "outdir": "build/autobahn/reports",
            "servers": servers,
            "cases": cases or ["*"],
            "exclude-cases": [],
            "exclude-agent-cases": {},
        }
    )


def wait(port: int) -> None:
    """Return when it listens; TimeoutError after ten seconds."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise TimeoutError(f"nothing listens at port {port}")


def summary(index: dict[str, dict[str, dict[str, Any]]]) -> tuple[str, int]:
    """A table by category, each case of ours that is not OK, and in how many ours is worse than the peer."""
    ours, peer = index[OURS], index[PEER]
    lines = [f"| category | cases | {OURS} | {PEER} |", "| --- | --- | --- | --- |"]
    for category, about in _ABOUT.items():
        cases = [case for case in ours if case.split(".")[0] == category]
        if cases:
            lines.append(
                f"| {category} {about} | {len(cases)} | {_counted(ours[case] for case in cases)} "
                f"| {_counted(peer[case] for case in cases if case in peer)} |"
            )
    lines.append(f"| all | {len(ours)} | {_counted(ours.values())} | {_counted(peer.values())} |")
    lines += ["", f"| not OK | {OURS} | {PEER} |", "| --- | --- | --- |"]
    worse = 0
    for case in sorted(ours, key=lambda name: [int(part) for part in name.split(".")]):
        one, other = ours[case], peer.get(case, {"behavior": "no result", "behaviorClose": "no result"})
        if one["behavior"] not in _GOOD or one["behaviorClose"] not in _GOOD:
            lines.append(f"| {case} | {_told(one)} | {_told(other)} |")
            worse += _rank(one) > _rank(other)
    return "\n".join(lines) + "\n", worse


def _counted(cases: Any) -> str:
    count = Counter(case["behavior"] for case in cases)
    return ", ".join(
        f"{count[kind]} {kind.lower()}" for kind in (*_RANKS, *(count.keys() - set(_RANKS))) if count[kind]
    )


def _told(case: dict[str, Any]) -> str:
    return f"{case['behavior'].lower()}, closing {case['behaviorClose'].lower()}"


def _rank(case: dict[str, Any]) -> int:
    ranks = [_RANKS.index(case[key]) if case[key] in _RANKS else len(_RANKS) for key in ("behavior", "behaviorClose")]
    return max(ranks)


def main(verb: str, *given: str) -> int:
    """The exit code."""
    if verb == "spec":
        print(spec(int(given[0]), list(given[1:])))
    elif verb == "wait":
        for port in given:
            wait(int(port))
    else:
        text, worse = summary(json.loads(Path(given[0]).read_text()))
        print(text)
        print(f"worse than {PEER} in {worse} cases")
        return int(worse > 0)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
