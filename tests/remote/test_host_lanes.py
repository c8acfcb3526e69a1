"""At most two fetches to one host at a time, and no memory of hosts that nobody asks (security S56, S62)."""

from __future__ import annotations

import asyncio

from bridge.remote.host_lanes import HostLanes


async def test_s56_at_most_two_fetches_to_one_host_at_a_time() -> None:
    lanes = HostLanes()
    inside, most = 0, 0

    async def fetch(host: str) -> None:
        nonlocal inside, most
        async with lanes.lane(host):
            inside += 1
            most = max(most, inside)
            await asyncio.sleep(0)
            inside -= 1

    await asyncio.gather(*(fetch("h.example") for _ in range(10)))
    assert most == 2


async def test_s62_lanes_hold_nothing_of_a_host_that_nobody_asks() -> None:
    lanes = HostLanes()

    async def fail(host: str) -> None:
        async with lanes.lane(host):
            await asyncio.sleep(0)
            raise ValueError

    await asyncio.gather(*(fail(f"h{number % 7}.example") for number in range(50)), return_exceptions=True)
    async with lanes.lane("a.example"), lanes.lane("a.example"):
        waiting = asyncio.create_task(fail("a.example"))
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
    assert lanes._hosts == {}
