"""`python -m bench`: the short set; `--write` puts it into docs/performance.md; `chaos` is the long run of that."""

from __future__ import annotations

import argparse
import asyncio
import random
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench import cases, conversation, report
from bench.chaos import run_rounds
from bench.load import serving
from tests.support.databases import PostgresServer


@contextmanager
def _postgres() -> Iterator[PostgresServer]:
    server = PostgresServer(fsync=True)
    try:
        yield server
    finally:
        server.stop()


def _measure(names: list[str], rounds: int) -> Iterator[cases.Result]:
    if not names or "plain" in names:
        yield from cases.plain(rounds)
    if not names or "tls" in names:
        yield from cases.tls(rounds)
    if not names or "slow" in names:
        yield from cases.slow(rounds)
    if not names or "many" in names:
        yield from cases.many_followers(rounds)
    if not names or "workers" in names:
        with _postgres() as server:
            yield from cases.two_workers(lambda: asyncio.run(server.new_database()))
    if not names or "load" in names:
        with tempfile.TemporaryDirectory(prefix="rundbrief-bench-") as folder:
            yield from serving(Path(folder))
    if not names or "inbox" in names:
        yield from conversation.cases()


def _chaos(engine: str, rounds: int, seed: int) -> None:
    with tempfile.TemporaryDirectory(prefix="rundbrief-chaos-") as folder:
        if engine == "sqlite":
            run_rounds(Path(folder), rounds=rounds, seed=seed)
            return
        with _postgres() as server:
            url = asyncio.run(server.new_database())
            run_rounds(Path(folder), rounds=rounds, seed=seed, database=url, crash_database=server.crash)


def main() -> None:
    """Read the options and run."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("names", nargs="*", help="plain tls slow many workers load inbox, or chaos")
    parser.add_argument("--repeat", type=int, default=1, help="runs of which the median counts")
    parser.add_argument("--write", action="store_true", help="put the results into docs/performance.md")
    parser.add_argument("--rounds", type=int, default=100, help="of chaos")
    parser.add_argument("--engine", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument("--seed", type=int, default=random.randrange(1_000_000))
    asked = parser.parse_args()
    if "chaos" in asked.names:
        _chaos(asked.engine, asked.rounds, asked.seed)
        return
    results = []
    print(report.machine(), flush=True)
    for result in _measure(asked.names, asked.repeat):
        results.append(result)
        print(report.line_of(result), flush=True)
        if asked.write:
            report.write(results, Path("docs"))


if __name__ == "__main__":
    main()
