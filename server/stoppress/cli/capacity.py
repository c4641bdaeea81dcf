"""`stoppress capacity`: computes the resources that a number of readers needs."""

from __future__ import annotations

import math
from dataclasses import dataclass

import click

from stoppress.cli.options import Finite

# In bytes and seconds, measured on one core of a virtual machine; docs/capacity.md describes how.
READER = 2_480  # resident memory of an idle reader in the process
PROCESS = 110e6  # resident memory of a process without readers, with full rings
DELIVERY = 10e-6  # CPU time of a write to one reader
HANDSHAKE = 130e-6  # CPU time of one reader that reconnects
HEARTBEAT_BYTES = 120  # a heartbeat on the wire, with its headers
HEADERS = 66  # the TCP and IP headers of one segment
SEGMENT = 1_448  # payload of one segment
COMPRESSED = 0.56  # compressed size, as a fraction of the plain size, without context
BUSY = 0.6  # the fraction of a core to plan with


@dataclass(frozen=True, slots=True)
class Plan:
    """The resources that the readers need.

    `memory` is in bytes, `bits` and `peak_bits` in bits a second to readers, on average and during a fan-out. `fanout`
    is the seconds from a post to the last reader; all processes do it at the same time. `cores` is the average CPU,
    `comeback` the seconds until all readers have reconnected, `redis_reads` are reads a second, and `redis_bits` bits a
    second from Redis.
    """

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
    """The resources that a number of readers of one blog needs.

    `size` is the bytes of a post, `per_process` the most readers of a process, `heartbeat` the seconds between two
    heartbeats, and `spread` the seconds over which readers reconnect.
    """
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
        # Each process reads each post once, compares cursors every two seconds, and exchanges reader counts.
        redis_reads=processes * (posts + 1.0),
        redis_bits=8 * processes * (posts * size * 1.2 + 300),
    )


@click.command(short_help="Compute the resources that your readers need.")
@click.option("--readers", required=True, type=click.IntRange(1), help="Readers at the same time.")
@click.option("--posts-per-hour", default=30.0, show_default=True, type=Finite(0), help="Posts and changes an hour.")
@click.option("--size", default=1_400, show_default=True, type=click.IntRange(100), help="Bytes of each post.")
@click.option(
    "--readers-max", default=15_000, show_default=True, type=click.IntRange(1), help="The most readers of one process."
)
@click.option("--heartbeat", default=25.0, show_default=True, type=Finite(1), help="Seconds between two heartbeats.")
@click.option(
    "--spread",
    default=10.0,
    show_default=True,
    type=Finite(0),
    help="Seconds over which readers reconnect (STOPPRESS_RECONNECT_SPREAD).",
)
def capacity(readers: int, posts_per_hour: float, size: int, readers_max: int, heartbeat: float, spread: float) -> None:
    """Compute the processes, memory, bandwidth, CPU and Redis load for a number of readers of one blog.

    The computation uses figures that were measured on one machine over loopback (docs/capacity.md). The figures do not
    include TLS or the network card. Measure your own machine with `stoppress bench`.
    """
    found = plan(readers, posts_per_hour, size=size, per_process=readers_max, heartbeat=heartbeat, spread=spread)
    rows = [
        ("processes", f"{found.processes}, of up to {readers_max} readers each"),
        ("memory", f"{found.memory / 1e9:.2f} GB, without the kernel's memory for each connection"),
        ("CPU", f"{found.cores:.2f} cores on average; one core for each process while a post goes out"),
        ("post to the last reader", f"{found.fanout * 1000:.0f} ms"),
        ("bandwidth", f"{_bits(found.bits)} on average, up to {_bits(found.peak_bits)} while a post goes out"),
        ("all readers reconnected", f"{found.comeback:.0f} s"),
        ("Redis", f"{found.redis_reads:.1f} reads a second, {_bits(found.redis_bits)}"),
    ]
    for name, value in rows:
        click.echo(f"{name:<26} {value}")


def _bits(value: float) -> str:
    for unit, one in (("Gbit/s", 1e9), ("Mbit/s", 1e6)):
        if value >= one:
            return f"{value / one:.1f} {unit}"
    return f"{value / 1e3:.0f} kbit/s"
