"""Stop Press beside the floor, nchan, ws and Socket.IO: `make bench`, or `.venv/bin/python bench/compare.py --help`.

Each server is one process on a port of its own on this machine, loaded by bench/load.c. Ratios within one run are what
counts; absolute figures drift by 10 to 15 %.
"""

from __future__ import annotations

import argparse
import contextlib
import shutil
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, fields, replace
from pathlib import Path

import servers
from measure import Figures, measure
from plot import plot

NAMES = ("floor", "stoppress", "compressed", "nchan", "ws", "socketio")
ASKED_FOR = ("streams", "gzip", "ordinary", "ordinary-streams")  # run only when --servers names them


def _open(name: str, port: int, folder: Path, before: Path | None) -> contextlib.AbstractContextManager[servers.Server]:
    opens: dict[str, Callable[[], contextlib.AbstractContextManager[servers.Server]]] = {
        "floor": lambda: servers.floor(port, folder),
        "stoppress": lambda: servers.stoppress(port, folder),
        "before": lambda: servers.stoppress(port, folder, checkout=before),
        "compressed": lambda: servers.stoppress(port, folder, compressed=True),
        "streams": lambda: servers.stoppress(port, folder, streams=True),
        "gzip": lambda: servers.stoppress(port, folder, streams=True, compressed=True),
        "ordinary-streams": lambda: servers.stoppress(port, folder, streams=True, fast_path="0"),
        "ordinary": lambda: servers.stoppress(port, folder, fast_path="0"),
        "nchan": lambda: servers.nchan(port, folder),
        "ws": lambda: servers.node("ws", port, folder),
        "socketio": lambda: servers.node("socketio", port, folder),
    }
    return opens[name]()


@contextlib.contextmanager
def _server(name: str, port: int, before: Path | None) -> Iterator[tuple[servers.Server, str]]:
    with tempfile.TemporaryDirectory(prefix="sp-bench-") as folder:
        load = servers.build("load", Path(folder))
        with _open(name, port, Path(folder), before) as server:
            yield server, load


def middle(rounds: Sequence[Figures]) -> Figures:
    """Of several runs of one server: of each figure the median, but all that went missing or came twice, and the
    longest of all stops."""
    first = rounds[0]
    every = {field.name: [getattr(one, field.name) for one in rounds] for field in fields(Figures)}
    medians = {name: statistics.median(values) for name, values in every.items() if isinstance(values[0], float)}
    sums = {"missing": sum(every["missing"]), "double": sum(every["double"]), "stop_ms": max(every["stop_ms"])}
    return replace(first, **medians | sums)


def table(rows: list[Figures]) -> str:
    """Markdown."""
    head = (
        "| server | CPU a delivery | of it in user space | bytes on the wire | memory a reader | CPU a handshake "
        "| first | median | p99 (worst of ten) | last | missing | double | longest stop |\n" + "| --- " * 13 + "|\n"
    )
    return head + "".join(
        f"| {row.name} | {row.delivery_us:.2f} µs | {row.delivery_user_us:.2f} µs | {row.wire_bytes:.0f} "
        f"| {row.reader_bytes / 1024:.1f} KiB | {row.handshake_us:.0f} µs | {row.first_ms:.0f} ms "
        f"| {row.median_ms:.0f} ms | {row.p99_ms:.0f} ms | {row.last_ms:.0f} ms | {row.missing} | {row.double} "
        f"| {f'{row.stop_ms:.0f} ms' if row.stop_ms else '–'} |\n"
        for row in rows
    )


def ratios(rows: list[Figures]) -> str:
    """What the project aims at, as far as the servers that it is compared with were run."""
    by = {row.name: row for row in rows}
    ours, least, nchan = by.get("Stop Press"), by.get("C, a loop over write()"), by.get("nchan")
    squeezed, before = by.get("Stop Press, compressed"), by.get("Stop Press, before")
    lines = ["| ratio | wanted at most | measured |", "| --- | --- | --- |"]
    if ours and least:
        lines.append(f"| CPU a delivery, to the C floor | 1.15 | {ours.delivery_us / least.delivery_us:.2f} |")
    if squeezed and least:
        ratio = squeezed.delivery_us / least.delivery_us
        lines.append(f"| CPU a delivery, compressed, to the C floor | 1.15 | {ratio:.2f} |")
    if ours and nchan:
        lines.append(f"| CPU a delivery, to nchan | 1.00 | {ours.delivery_us / nchan.delivery_us:.2f} |")
        lines.append(f"| CPU a handshake with a cursor, to nchan | 4 | {ours.handshake_us / nchan.handshake_us:.1f} |")
        lines.append(f"| publish to last reader, p99 over ten, to nchan | 1.00 | {ours.p99_ms / nchan.p99_ms:.2f} |")
    if ours and before:
        lines.append(f"| CPU a delivery, to before | 1.00 | {ours.delivery_us / before.delivery_us:.3f} |")
        lines.append(f"| CPU a handshake, to before | 1.00 | {ours.handshake_us / before.handshake_us:.3f} |")
        lines.append(f"| memory a reader, to before | 1.00 | {ours.reader_bytes / before.reader_bytes:.3f} |")
    for name, streams in by.items():
        if ours and name.endswith(", streams"):
            ratio = streams.delivery_us / ours.delivery_us
            lines.append(f"| {name}: CPU a delivery, to a socket | 1.30 | {ratio:.2f} |")
            lines.append(f"| {name}: to the last reader, to a socket | 1.30 | {streams.last_ms / ours.last_ms:.2f} |")
            lines.append(f"| {name}: KiB a reader | 2.6 | {streams.reader_bytes / 1024:.2f} |")
    if ours and squeezed:
        lines.append(f"| bytes, compressed to plain | 0.60 | {squeezed.wire_bytes / ours.wire_bytes:.2f} |")
    if ours:
        lines.append(f"| KiB a reader | 2.5 | {ours.reader_bytes / 1024:.2f} |")
        lines.append(f"| longest stop of the loop, ms | 20 | {ours.stop_ms:.0f} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Run what was asked for, and print it as Markdown."""
    asks = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asks.add_argument("--readers", type=int, default=15_000)
    asks.add_argument("--size", type=int, default=1_369, help="bytes of the message")
    asks.add_argument("--times", type=int, default=10, help="messages")
    asks.add_argument("--servers", default=",".join(NAMES), help=f"of {', '.join(NAMES + ASKED_FOR)}")
    asks.add_argument("--rounds", type=int, default=1, help="runs of each server, in turn; the medians are shown")
    asks.add_argument("--port", type=int, default=27_300, help="the first port to use; clients' own begin above")
    asks.add_argument("--sweep", action="store_true", help="1,000 to 18,000 readers, 700 to 20,000 bytes: a plot")
    asks.add_argument("--plot", type=Path, default=Path("bench/cost.svg"))
    asks.add_argument("--before", type=Path, help="another checkout, set up by `scripts/environment run`, to pair with")
    chosen = asks.parse_args()
    names = [name for name in chosen.servers.split(",") if name]
    if chosen.before:
        names.insert(names.index("stoppress") + 1 if "stoppress" in names else 0, "before")
    if "nchan" in names and not shutil.which("nginx", path="/usr/sbin:/usr/bin"):
        names.remove("nchan")
        print("nchan is left out: apt-get install nginx-light libnginx-mod-nchan\n")
    if not (servers.HERE / "node_modules").is_dir() and {"ws", "socketio"} & set(names):
        names = [name for name in names if name not in ("ws", "socketio")]
        print("ws and Socket.IO are left out: npm ci --prefix bench\n")
    port = chosen.port

    def run(name: str, readers: int, size: int, times: int) -> Figures:
        nonlocal port
        port += 1
        print(f"{name}: {readers} readers, {size} bytes", file=sys.stderr)
        with _server(name, port, chosen.before) as (server, load):
            return measure(server, load, readers=readers, size=size, times=times)

    if not chosen.sweep:
        rounds = [
            [run(name, chosen.readers, chosen.size, chosen.times) for name in names] for _ in range(chosen.rounds)
        ]
        rows = [middle(of_one) for of_one in zip(*rounds, strict=True)]
        print(f"{chosen.readers} readers, {chosen.size} bytes, {chosen.times} messages, rounds: {chosen.rounds}\n")
        print(f"{table(rows)}\n{ratios(rows)}")
        return
    by_readers = [run(name, n, chosen.size, 5) for name in names for n in (1_000, 5_000, 10_000, 15_000, 18_000)]
    by_size = [run(name, 5_000, size, 5) for name in names for size in (700, 1_369, 5_000, 20_000)]
    print(f"By readers\n\n{table(by_readers)}\nBy size, 5,000 readers\n\n{table(by_size)}")
    chosen.plot.write_text(plot([asdict(row) for row in by_readers], [asdict(row) for row in by_size]))
    print(f"plotted to {chosen.plot}")


if __name__ == "__main__":
    main()
