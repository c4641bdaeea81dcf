"""What so many readers take, computed."""

from __future__ import annotations

from click.testing import CliRunner

from stoppress.cli import commands
from stoppress.cli.capacity import Plan, plan


def a_plan(readers: int, posts: float = 30) -> Plan:
    return plan(readers, posts, size=1_400, per_process=15_000, heartbeat=25, spread=10)


def test_it_grows_with_readers_and_posts() -> None:
    few, many, busy = a_plan(10_000), a_plan(1_000_000), a_plan(1_000_000, 3_600)
    assert (few.processes, many.processes) == (1, 67)
    assert few.memory < many.memory < few.memory * 100
    assert 90 < many.bits / few.bits < 110
    assert busy.bits > many.bits and busy.cores > many.cores and busy.redis_reads > many.redis_reads
    assert busy.fanout == many.fanout < 0.2


def test_the_command_prints_it() -> None:
    result = CliRunner().invoke(commands, ["capacity", "--readers", "100000", "--posts-per-hour", "60"])
    assert result.exit_code == 0, result.output
    assert "7, of up to 15000 readers" in result.output
