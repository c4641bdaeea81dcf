"""Lines in an SVG, without a library."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from plot import COLOURS

_WIDTH, _HEIGHT, _LEFT, _TOP = 760, 260, 70, 44
Points = Sequence[tuple[float, float]]


def curves(title: str, x: str, y: str, lines: Mapping[str, Points]) -> str:
    """One panel from the origin; `x` and `y` name the axes."""
    points = [point for line in lines.values() for point in line]
    most_x = max((point[0] for point in points), default=1.0) or 1.0
    most_y = max((point[1] for point in points), default=1.0) * 1.05 or 1.0

    def at(px: float, py: float) -> tuple[float, float]:
        return _LEFT + px / most_x * _WIDTH, _TOP + _HEIGHT - py / most_y * _HEIGHT

    bottom = _TOP + _HEIGHT
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_LEFT + _WIDTH + 30} {bottom + 80}" '
        'font-family="sans-serif" font-size="12"><rect width="100%" height="100%" fill="white"/>',
        f'<text x="{_LEFT}" y="24" font-weight="bold">{title}</text>',
        f'<path d="M{_LEFT},{_TOP} V{bottom} H{_LEFT + _WIDTH}" fill="none" stroke="#888"/>',
        f'<text x="{_LEFT + _WIDTH}" y="{bottom + 36}" text-anchor="end">{x}</text>',
        f'<text x="{_LEFT - 8}" y="{_TOP - 6}" text-anchor="end">{y}</text>',
    ]
    for step in range(5):
        px, py = at(most_x * step / 4, most_y / 1.05 * step / 4)
        parts.append(f'<text x="{px:.1f}" y="{bottom + 18}" text-anchor="middle">{most_x * step / 4:.4g}</text>')
        parts.append(f'<text x="{_LEFT - 8}" y="{py + 4:.1f}" text-anchor="end">{most_y / 1.05 * step / 4:.4g}</text>')
    for colour, line in zip(COLOURS, lines.values(), strict=False):
        way = " ".join(f"{px:.1f},{py:.1f}" for px, py in (at(*point) for point in line))
        parts.append(f'<polyline points="{way}" fill="none" stroke="{colour}" stroke-width="1.5"/>')
    for place, name in enumerate(lines):
        left = _LEFT + place * 240
        parts.append(f'<rect x="{left}" y="{bottom + 54}" width="12" height="12" fill="{COLOURS[place]}"/>')
        parts.append(f'<text x="{left + 18}" y="{bottom + 65}">{name}</text>')
    return "\n".join([*parts, "</svg>\n"])
