"""Two plots in one SVG: the CPU of a delivery against readers and against a message's size. No library needed."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

COLOURS = ("#1b6ca8", "#d1495b", "#3c8d53", "#b8860b", "#6a4c93", "#555555")
_WIDTH, _HEIGHT, _LEFT, _TOP = 420, 260, 60, 40


def plot(by_readers: Sequence[dict[str, Any]], by_size: Sequence[dict[str, Any]]) -> str:
    """The SVG."""
    names = list(dict.fromkeys(row["name"] for row in (*by_readers, *by_size)))
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {2 * (_WIDTH + _LEFT) + 40} {_HEIGHT + 150}" '
        'font-family="sans-serif" font-size="12"><rect width="100%" height="100%" fill="white"/>',
        _panel(by_readers, "readers", "CPU a delivery (µs) against readers", names, 0, lambda x: x),
        _panel(
            by_size, "size", "CPU a delivery (µs) against bytes (log), 5,000 readers", names, _WIDTH + _LEFT, _doubled
        ),
    ]
    for i, name in enumerate(names):
        x, y = _LEFT + i % 3 * 260, _TOP + _HEIGHT + 56 + i // 3 * 22
        parts.append(
            f'<rect x="{x}" y="{y}" width="12" height="12" fill="{COLOURS[i]}"/><text x="{x + 18}" y="{y + 11}">{name}'
            "</text>"
        )
    return "\n".join([*parts, "</svg>\n"])


def _doubled(size: float) -> float:
    return math.log2(size / 350)


def _panel(
    rows: Sequence[dict[str, Any]],
    key: str,
    title: str,
    names: Sequence[str],
    left: int,
    scale: Callable[[float], float],
) -> str:
    """One plot, `left` of which is so much; `scale` takes what stands on the x axis to a length."""
    most_x = max(scale(row[key]) for row in rows)
    most_y = max(row["delivery_us"] for row in rows) * 1.05
    origin = left + _LEFT

    def at(x: float, y: float) -> str:
        return f"{origin + x / most_x * (_WIDTH - 30):.1f},{_TOP + _HEIGHT - y / most_y * _HEIGHT:.1f}"

    parts = [
        f'<text x="{origin}" y="24" font-weight="bold">{title}</text>',
        f'<path d="M{at(0, most_y)} L{at(0, 0)} L{at(most_x, 0)}" fill="none" stroke="#888"/>',
    ]
    for step in range(5):
        y = most_y * step / 4
        px, py = at(0, y).split(",")
        parts.append(f'<text x="{float(px) - 8}" y="{float(py) + 4}" text-anchor="end">{y:.0f}</text>')
    for x in sorted({row[key] for row in rows}):
        px, py = at(scale(x), 0).split(",")
        parts.append(f'<text x="{px}" y="{float(py) + 18}" text-anchor="middle">{x}</text>')
    for i, name in enumerate(names):
        points = [at(scale(row[key]), row["delivery_us"]) for row in rows if row["name"] == name]
        parts.append(f'<polyline points="{" ".join(points)}" fill="none" stroke="{COLOURS[i]}" stroke-width="2"/>')
        parts += [f'<circle cx="{p.split(",")[0]}" cy="{p.split(",")[1]}" r="3" fill="{COLOURS[i]}"/>' for p in points]
    return "\n".join(parts)
