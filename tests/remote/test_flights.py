"""One fetch for all who want the same (security S64)."""

from __future__ import annotations

import asyncio

import pytest

from bridge.remote.budget import BudgetSpent
from bridge.remote.flights import Flights


async def test_s64_who_wants_the_same_at_the_same_moment_shares_one_fetch() -> None:
    flights = Flights()
    begun = 0

    async def fetch() -> str:
        nonlocal begun
        begun += 1
        await asyncio.sleep(0.01)
        return "document"

    assert await asyncio.gather(*(flights.join("u", fetch) for _ in range(5))) == ["document"] * 5
    assert begun == 1
    await flights.join("u", fetch)
    assert begun == 2


async def test_a_shared_fetch_survives_the_one_who_began_it() -> None:
    flights = Flights()
    landed = asyncio.Event()

    async def fetch() -> str:
        await landed.wait()
        return "document"

    first = asyncio.create_task(flights.join("u", fetch))
    await asyncio.sleep(0)
    second = asyncio.create_task(flights.join("u", fetch))
    await asyncio.sleep(0)
    first.cancel()
    landed.set()
    assert await second == "document"


async def test_another_ones_empty_budget_is_not_ours() -> None:
    flights = Flights()

    async def poor() -> str:
        await asyncio.sleep(0.01)
        raise BudgetSpent("mine is used up")

    async def rich() -> str:
        return "document"

    first = asyncio.create_task(flights.join("u", poor))
    await asyncio.sleep(0)
    assert await flights.join("u", rich) == "document"
    with pytest.raises(BudgetSpent):
        await first


async def test_closing_stops_what_is_under_way() -> None:
    flights = Flights()
    task = asyncio.create_task(flights.join("u", asyncio.Event().wait))
    await asyncio.sleep(0)
    await flights.close()
    with pytest.raises(asyncio.CancelledError):
        await task
