"""Moments -> a small SVG curve of how many there were by then; drawn here, so it needs no script."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from markupsafe import Markup, escape

_WIDTH, _HEIGHT, _MARGIN = 600, 150, 6
_MOST_POINTS = 240


def curve(moments: Sequence[datetime], *, start: datetime, end: datetime, total: int, title: str) -> Markup:
    """The moments (oldest first) as steps from `start` to `end`, up to `total`; `title` says it in words."""
    span = max((end - start).total_seconds(), 0.001)
    points = [
        (min(max((moment - start).total_seconds() / span, 0.0), 1.0), number)
        for number, moment in enumerate(moments, start=1)
    ]
    every = max(1, len(points) // _MOST_POINTS)
    shown = [point for place, point in enumerate(points) if place % every == 0 or place == len(points) - 1]
    path, height = [f"M {_x(0)} {_y(0, total)}"], 0
    for at, number in shown:
        path.append(f"H {_x(at)} V {_y(number, total)}")
        height = number
    path.append(f"H {_x(1)}")
    line = " ".join(path)
    floor = f"V {_y(0, total)} H {_x(0)} Z"
    return Markup(
        f'<svg class="curve" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" preserveAspectRatio="none">'
        f"<title>{escape(title)}</title>"
        f'<path class="ground" d="M {_x(0)} {_y(0, total)} H {_x(1)}"/>'
        f'<path class="area" d="{line} {floor}"/><path class="edge" d="{line}"/></svg>'
        if height
        else ""
    )


def _x(part: float) -> str:
    return f"{_MARGIN + part * (_WIDTH - 2 * _MARGIN):.1f}"


def _y(number: int, total: int) -> str:
    return f"{_HEIGHT - _MARGIN - number / max(total, 1) * (_HEIGHT - 2 * _MARGIN):.1f}"
