"""What an author waits for: `PYTHONPATH=. python bench/publishing.py`; CPU time, and wall time where git takes part.

One issue of 25 KB from file to plan, under 150 ms; a blog of 2,000 issues and a push that changes none, under 2 s.
"""

from __future__ import annotations

import asyncio
import os
import resource
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bridge.app import opened
from bridge.config import read_config
from bridge.outbox.check import check
from tests.support.houses import House
from tests.support.repositories import Checkout

ISSUES = 2000
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


@contextmanager
def measured(what: str) -> Iterator[None]:
    """Wall time, and CPU time of this process and of those it waited for."""
    wall, cpu = time.monotonic(), _cpu()
    yield
    print(f"{what:<58}{time.monotonic() - wall:8.2f} s wall{_cpu() - cpu:8.2f} s CPU")


def _cpu() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


async def one_issue(house: House) -> None:
    folder = Checkout(house.issues)
    folder.write("brief.md", text(1, 25_000))
    folder.commit()
    async with opened(read_config(house.folder / "config.toml")) as app:
        await check(app.publisher, ["brief.md"])  # the first time compiles patterns
        await app.publisher.publish(dry_run=True)
        with measured("lint of a 25 KB issue"):
            await check(app.publisher, ["brief.md"])
        with measured("read, render and plan of a 25 KB issue (git included)"):
            await app.publisher.publish(dry_run=True)


def many_issues(house: House, place: Path) -> None:
    Checkout(house.issues).commit({f"{number}.md": text(number, 2_000) for number in range(ISSUES)})
    with measured(f"`rundbrief publish` of {ISSUES} issues (an import)"):
        house.run("publish", timeout=600)
    author = house.author(place / "clone")
    author.git("pull", "--quiet", "origin", "main")
    for round_ in range(3):
        author.commit({"LIESMICH.txt": str(round_).encode()})
        with measured("a push that changes no issue"):
            author.git("push", "--quiet", "origin", "main")
    author.commit({"1.md": text(1, 6_000)})
    with measured("a push that changes one issue"):
        author.git("push", "--quiet", "origin", "main")
    with measured("`rundbrief publish` with nothing to do"):
        house.run("publish")


def main() -> None:
    """Measure in a folder that is removed afterwards."""
    os.environ |= GIT
    with tempfile.TemporaryDirectory() as place:
        asyncio.run(one_issue(House(Path(place) / "one")))
        many_issues(House(Path(place) / "many"), Path(place))


if __name__ == "__main__":
    main()
