"""Results -> lines on the terminal, `docs/performance.md`'s table and its plot (an SVG of our own)."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from html import escape
from pathlib import Path

import psutil

from bench.cases import Result
from bench.speed import QUIET_SIGNING_MS, signing_ms

_BEGIN, _END = "<!-- results -->", "<!-- end of results -->"


def line_of(result: Result) -> str:
    """One line for the terminal."""
    word = "ok    " if result.is_met else "missed"
    sign = ">=" if result.at_least else "<="
    return (
        f"{word} {result.case:<30} {result.value:8.2f} {result.unit:<14} (to reach {sign} {result.wanted:g})  "
        f"{result.note}"
    )


def write(results: Sequence[Result], docs: Path) -> None:
    """Put the results between the marks of docs/performance.md, and draw the plot."""
    path = docs / "performance.md"
    text = path.read_text(encoding="utf-8")
    before, _, rest = text.partition(_BEGIN)
    _, _, after = rest.partition(_END)
    path.write_text(f"{before}{_BEGIN}\n{_table(results)}\n{_END}{after}", encoding="utf-8")
    (docs / "performance.svg").write_text(_plot(results), encoding="utf-8")


def machine() -> str:
    """What it was measured on, and how busy that was."""
    cores, memory = psutil.cpu_count(), psutil.virtual_memory().total / 2**30
    load = psutil.getloadavg()[0]
    return (
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {cores} cores, {memory:.0f} GiB, Python {platform.python_version()}, "
        f"{platform.system()} {platform.release()}, load {load:.1f}, an RSA-2048 signature {signing_ms():.2f} ms CPU "
        f"({QUIET_SIGNING_MS:.2f} where the figures were set)"
    )


def _table(results: Sequence[Result]) -> str:
    rows = [
        f"| {one.case} | {one.value:.2f} {one.unit} | {'≥' if one.at_least else '≤'} {one.wanted:g} | "
        f"{'yes' if one.is_met else 'no'} | {one.note} |"
        for one in results
    ]
    return "\n".join(
        [f"Measured {machine()}.", "", "| case | measured | to reach | met | |", "|---|---|---|---|---|", *rows]
    )


def _plot(results: Sequence[Result]) -> str:
    """One bar a case: its figure as a share of what it should be; the line is 100 %."""
    width, high, left = 760, 26, 230
    scale = (width - left - 70) / 2.0
    bars = []
    for number, one in enumerate(results):
        share = one.wanted / one.value if one.at_least and one.value else one.value / one.wanted
        top = 30 + number * high
        colour = "#2f7d4f" if one.is_met else "#b3541e"
        end = left + min(share, 2.0) * scale
        bars.append(
            f'<text x="{left - 8}" y="{top + 13}" text-anchor="end">{escape(one.case)}</text>'
            f'<rect x="{left}" y="{top}" width="{end - left:.1f}" height="17" fill="{colour}"/>'
            f'<text x="{end + 6:.1f}" y="{top + 13}">{one.value:.2f} {escape(one.unit)}</text>'
        )
    height = 40 + len(results) * high
    line = left + scale
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" '
        f'font-size="12" role="img" aria-label="Each figure as a share of what it should be">'
        f'<rect width="{width}" height="{height}" fill="#fff"/>{"".join(bars)}'
        f'<line x1="{line}" x2="{line}" y1="22" y2="{height - 8}" stroke="#333" stroke-dasharray="4 3"/>'
        f'<text x="{line}" y="16" text-anchor="middle">to reach</text></svg>\n'
    )
