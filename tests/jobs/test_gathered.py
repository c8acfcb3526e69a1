"""Many askers, few runs."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from bridge.jobs.gathered import Gathered


async def test_who_asks_while_a_run_is_on_joins_the_next_one() -> None:
    runs: list[list[int]] = []

    async def work(items: Sequence[int]) -> Sequence[int]:
        runs.append(list(items))
        await asyncio.sleep(0)
        return [-item for item in items]

    gathered = Gathered(work, most=100)

    answers = await asyncio.gather(*[gathered.ask(number) for number in range(10)])

    assert answers == [-number for number in range(10)]
    assert len(runs) < 3


async def test_after_a_pause_more_go_together() -> None:
    runs: list[list[int]] = []

    async def work(items: Sequence[int]) -> Sequence[int]:
        runs.append(list(items))
        return items

    gathered = Gathered(work, most=100, pause=0.05)

    async def ask(number: int) -> None:
        await asyncio.sleep(number / 1000)
        await gathered.ask(number)

    await asyncio.gather(*[ask(number) for number in range(20)])

    assert runs[0] == [0], "the first did not wait for others"
    assert len(runs) < 5


async def test_a_run_that_fails_tells_everybody_in_it_and_nobody_else() -> None:
    async def work(items: Sequence[int]) -> Sequence[int]:
        if 1 in items:
            raise ValueError("one")
        return items

    gathered = Gathered(work, most=1)

    with pytest.raises(ValueError, match="one"):
        await gathered.ask(1)
    assert await gathered.ask(2) == 2
