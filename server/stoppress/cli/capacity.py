"""`stoppress capacity`: what so many readers take."""

from __future__ import annotations

import math
from dataclasses import dataclass

import click

from stoppress.cli.options import Finite

# Measured on one core of a virtual machine, as docs/capacity.md tells. Bytes and seconds.
READER = 2_480  # resident memory of an idle reader in the process
PROCESS = 110e6  # resident memory of a process without readers, its rings filled
DELIVERY = 10e-6  # CPU of a write to one reader
HANDSHAKE = 130e-6  # CPU of one that comes back
HEARTBEAT_BYTES = 120  # on the wire, with its headers
HEADERS = 66  # TCP's and IP's, of one segment
SEGMENT = 1_448
COMPRESSED = 0.56  # of the plain bytes, without context
BUSY = 0.6  # of a core, that one may plan with


@dataclass(frozen=True, slots=True)
class Plan:
    """What it takes. `fanout`: seconds from a post to the last reader, in each process at once."""

    processes: int
    memory: float
    bits: float
    peak_bits: float
    fanout: float
    cores: float
    comeback: float
    redis_reads: float
    redis_bits: float


def plan(readers: int, posts_per_hour: float, *, size: int, per_process: int, heartbeat: float, spread: float) -> Plan:
    """Processes, memory (bytes), bandwidth (bits a second, mean and while a post goes out), CPU (cores, mean)."""
    processes = max(1, math.ceil(readers / per_process))
    each = readers / processes
    posts = posts_per_hour / 3600
    wire = size * COMPRESSED
    wire += math.ceil(wire / SEGMENT) * HEADERS
    fanout = each * DELIVERY
    return Plan(
        processes=processes,
        memory=processes * PROCESS + readers * READER,
        bits=8 * readers * (posts * wire + HEARTBEAT_BYTES / heartbeat),
        peak_bits=8 * readers * wire / max(fanout, 1e-3),
        fanout=fanout,
        cores=readers * (posts * DELIVERY + DELIVERY / heartbeat),
        comeback=max(spread, each * HANDSHAKE / BUSY),
        # Each process reads each post once, compares heads every two seconds, and tells and hears the readers' number.
        redis_reads=processes * (posts + 1.0),
        redis_bits=8 * processes * (posts * size * 1.2 + 300),
    )


@click.command(short_help="Compute what so many readers take.")
@click.option("--readers", required=True, type=click.IntRange(1), help="Readers at a time.")
@click.option("--posts-per-hour", default=30.0, show_default=True, type=Finite(0), help="Posts and changes.")
@click.option("--size", default=1_400, show_default=True, type=click.IntRange(100), help="Bytes of a post.")
@click.option("--readers-max", default=15_000, show_default=True, type=click.IntRange(1), help="Readers of a process.")
@click.option("--heartbeat", default=25.0, show_default=True, type=Finite(1), help="Seconds between two.")
@click.option("--spread", default=10.0, show_default=True, type=Finite(0), help="STOPPRESS_RECONNECT_SPREAD.")
def capacity(readers: int, posts_per_hour: float, size: int, readers_max: int, heartbeat: float, spread: float) -> None:
    """Compute processes, memory, bandwidth, CPU and Redis load for so many readers of one blog.

    The figures behind it were measured on one machine over loopback (docs/capacity.md); a network card's work and TLS
    come on top. Measure yours with `stoppress bench`.
    """
    found = plan(readers, posts_per_hour, size=size, per_process=readers_max, heartbeat=heartbeat, spread=spread)
    rows = [
        ("processes", f"{found.processes}, of up to {readers_max} readers"),
        ("memory", f"{found.memory / 1e9:.2f} GB, without what the kernel keeps for each connection"),
        ("CPU", f"{found.cores:.2f} cores on average; one core for each process while a post goes out"),
        ("a post to the last reader", f"{found.fanout * 1000:.0f} ms"),
        ("bandwidth", f"{_bits(found.bits)} on average, up to {_bits(found.peak_bits)} while a post goes out"),
        ("all coming back", f"{found.comeback:.0f} s"),
        ("Redis", f"{found.redis_reads:.1f} reads a second, {_bits(found.redis_bits)}"),
    ]
    for name, value in rows:
        click.echo(f"{name:<26} {value}")


def _bits(value: float) -> str:
    for unit, one in (("Gbit/s", 1e9), ("Mbit/s", 1e6)):
        if value >= one:
            return f"{value / one:.1f} {unit}"
    return f"{value / 1e3:.0f} kbit/s"
