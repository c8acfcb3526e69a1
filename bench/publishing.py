"""What an author waits for: `python -m bench publishing`; CPU of all processes, git among them, wall time beside it.

One issue of 25 KB from file to plan, under 150 ms; a blog of 2,000 issues and a push that changes none, under 2 s.
"""

from __future__ import annotations

import asyncio
import os
import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from bench.cases import Result
from bench.report import line_of
from bench.speed import scaled
from bridge.app import opened
from bridge.config import read_config
from bridge.outbox.check import check
from tests.support.houses import House
from tests.support.repositories import Checkout

ISSUES = 2000
_ROUNDS = 5
PARAGRAPH = (
    "Ein Absatz mit **Betonung**, einem [Link](https://quelle.example/artikel?nr={n}), „Anführung“ und so vielen "
    "Wörtern, wie ein Mensch eben braucht, der {n} Dinge auf einmal sagen will.\n\n"
    "> Ein Zitat von nebenan, das auch nicht kürzer ist als alles andere in diesem Brief.\n\n"
    "- ein Punkt\n- noch einer\n\n"
)
GIT = {
    "GIT_AUTHOR_NAME": "Ada", "GIT_AUTHOR_EMAIL": "ada@links.example",
    "GIT_COMMITTER_NAME": "Ada", "GIT_COMMITTER_EMAIL": "ada@links.example",
    "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1",
}  # fmt: skip


def text(number: int, size: int) -> bytes:
    body = ""
    while len(body.encode()) < size:
        body += PARAGRAPH.format(n=len(body) + number)
    return f"---\ntitle: Brief {number}\ndate: 2024-01-01\ntags: [krasse links]\n---\n{body}".encode()


@dataclass(frozen=True, kw_only=True)
class Spent:
    """Seconds."""

    wall: float
    cpu: float


def spent(work: Callable[[], object]) -> Spent:
    """Wall time, and CPU time of this process and of those it waited for."""
    wall, cpu = time.monotonic(), _cpu()
    work()
    return Spent(wall=time.monotonic() - wall, cpu=_cpu() - cpu)


def _cpu() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def _row(case: str, runs: list[Spent], *, wanted: float, note: str = "") -> Result:
    """The median of the runs, in seconds of CPU."""
    cpu, wall = median(run.cpu for run in runs), median(run.wall for run in runs)
    notes = [f"{wall:.2f} s wall", scaled(cpu, "s"), *([note] if note else [])]
    return Result(case=case, value=cpu, wanted=wanted, unit="s CPU", note="; ".join(notes))


def one_issue(house: House) -> Iterator[Result]:
    """Lint, then reading, rendering and planning, in a process that has done it before."""
    folder = Checkout(house.issues)
    folder.write("brief.md", text(1, 25_000))
    folder.commit()
    lints, plans = asyncio.run(_lint_and_plan(house))
    both = [Spent(wall=one.wall + other.wall, cpu=one.cpu + other.cpu) for one, other in zip(lints, plans, strict=True)]
    lint, plan = (median(run.cpu for run in runs) * 1000 for runs in (lints, plans))
    note = f"lint {lint:.0f} ms, the rest {plan:.0f} ms"
    yield _row("25 KB: lint, render, plan", both, wanted=0.15, note=note)


async def _lint_and_plan(house: House) -> tuple[list[Spent], list[Spent]]:
    lints, plans = [], []
    async with opened(read_config(house.folder / "config.toml")) as app:
        for _ in range(_ROUNDS + 1):
            for times, work in (
                (lints, lambda: check(app.publisher, ["brief.md"])),
                (plans, lambda: app.publisher.publish(dry_run=True)),
            ):
                wall, cpu = time.monotonic(), _cpu()
                await work()
                times.append(Spent(wall=time.monotonic() - wall, cpu=_cpu() - cpu))
    return lints[1:], plans[1:]  # the first time compiles patterns


def many_issues(house: House, place: Path) -> Iterator[Result]:
    """An import, and pushes to the blog that it made."""
    Checkout(house.issues).commit({f"{number}.md": text(number, 2_000) for number in range(ISSUES)})
    imported = spent(lambda: house.run("publish", timeout=600))
    yield _row(f"import of {ISSUES:,} issues", [imported], wanted=30)
    author = house.author(place / "clone")
    author.git("pull", "--quiet", "origin", "main")

    def push(path: str, content: bytes) -> Spent:
        author.commit({path: content})
        return spent(lambda: author.git("push", "--quiet", "origin", "main"))

    same = [push("LIESMICH.txt", str(number).encode()) for number in range(_ROUNDS)]
    yield _row(f"{ISSUES:,} issues: unchanged push", same, wanted=2)
    changed = [push("1.md", text(1, 6_000) + f"\nNummer {number}.\n".encode()) for number in range(_ROUNDS)]
    yield _row("the same: one issue changed", changed, wanted=4)
    idle = [spent(lambda: house.run("publish")) for _ in range(_ROUNDS)]
    yield _row("the same: publish, nothing new", idle, wanted=2)


def cases() -> Iterator[Result]:
    """All rows, in a folder that is removed afterwards."""
    os.environ |= GIT
    with tempfile.TemporaryDirectory(prefix="rundbrief-bench-") as place:
        yield from one_issue(House(Path(place) / "one"))
        yield from many_issues(House(Path(place) / "many"), Path(place))


if __name__ == "__main__":
    for result in cases():
        print(line_of(result), flush=True)
