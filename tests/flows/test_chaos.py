"""Processes killed at random moments: nothing acknowledged is lost, nobody is left behind (S133; contract section 9).

Five rounds on each engine, with a seed that is printed; `python -m bench chaos` is the long form, and takes a seed.
"""

from __future__ import annotations

import asyncio
import random
from pathlib import Path

import pytest

from bench.chaos import run_rounds
from tests.support.databases import PostgresServer

ROUNDS = 5


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_nothing_is_lost_and_nothing_is_left_wrong_by_kills_at_any_moment(engine: str, tmp_path: Path) -> None:
    seed = random.randrange(1_000_000)
    if engine == "sqlite":
        run_rounds(tmp_path, rounds=ROUNDS, seed=seed)
        return
    server = PostgresServer()  # of its own, because it crashes
    try:
        url = asyncio.run(server.new_database())
        run_rounds(tmp_path, rounds=ROUNDS, seed=seed, database=url, crash_database=server.crash)
    finally:
        server.stop()
