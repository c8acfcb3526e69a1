"""`python -m bench`: the short set; `--write` puts it into docs/performance.md; `chaos` is the long run of that."""

from __future__ import annotations

import argparse
import asyncio
import compileall
import random
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from bench import cases, conversation, publishing, report
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


def _two_workers(_rounds: int) -> Iterator[cases.Result]:
    with _postgres() as server:
        yield from cases.two_workers(lambda: asyncio.run(server.new_database()))


def _load(_rounds: int) -> Iterator[cases.Result]:
    with tempfile.TemporaryDirectory(prefix="rundbrief-bench-") as folder:
        yield from serving(Path(folder))


def _inbox(_rounds: int) -> Iterator[cases.Result]:
    yield from conversation.cases()


def _publishing(_rounds: int) -> Iterator[cases.Result]:
    yield from publishing.cases()


_CASES: dict[str, Callable[[int], Iterator[cases.Result]]] = {
    "plain": cases.plain,
    "tls": cases.tls,
    "slow": cases.slow,
    "many": cases.many_followers,
    "workers": _two_workers,
    "load": _load,
    "inbox": _inbox,
    "publishing": _publishing,
}


def _measure(names: list[str], rounds: int) -> Iterator[cases.Result]:
    """Each row as it is measured. A case that fails or takes minutes is said so, and the others go on."""
    for name in names or _CASES:
        try:
            yield from _CASES[name](rounds)
        except (subprocess.SubprocessError, OSError, RuntimeError) as error:
            print(f"failed {name}: {error}", flush=True)


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
    parser.add_argument("names", nargs="*", choices=[*_CASES, "chaos", []], help="all but chaos if none is named")
    parser.add_argument("--repeat", type=int, default=1, help="runs of which the median counts")
    parser.add_argument("--write", action="store_true", help="put the results into docs/performance.md")
    parser.add_argument("--rounds", type=int, default=100, help="of chaos")
    parser.add_argument("--engine", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument("--seed", type=int, default=random.randrange(1_000_000))
    asked = parser.parse_args()
    if "chaos" in asked.names:
        _chaos(asked.engine, asked.rounds, asked.seed)
        return
    # As where Rundbrief is installed: else, where the environment forbids to keep it, each start compiles all of it.
    compileall.compile_dir("bridge", quiet=1)
    results = []
    print(report.machine(), flush=True)
    for result in _measure(asked.names, asked.repeat):
        results.append(result)
        print(report.line_of(result), flush=True)
        if asked.write:
            report.write(results, Path("docs"))


if __name__ == "__main__":
    main()
