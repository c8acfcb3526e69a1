"""What our own requests may cost (security S56, S61, S62, S64). Time is a number that the test turns."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from bridge.errors import FetchFailed, FetchGone, FetchNotFound
from bridge.remote.budget import Budget, BudgetSpent, Cause, Failures, Flights, HostLanes, Lately
from tests.support.remote_people import Watch


def test_s56_twenty_fetches_and_no_more() -> None:
    budget = Budget()
    for _ in range(20):
        budget.spend()
    with pytest.raises(BudgetSpent, match="all fetches"):
        budget.spend()


def test_s56_what_documents_lead_to_is_paid_from_the_same_purse() -> None:
    budget = Budget(fetches=3)
    inner = budget.deeper()
    inner.spend()
    inner.deeper().spend()
    budget.spend()
    for one in (budget, inner):
        with pytest.raises(BudgetSpent):
            one.spend()


def test_s56_three_documents_deep_and_no_deeper() -> None:
    budget = Budget().deeper().deeper().deeper()
    budget.spend()
    with pytest.raises(BudgetSpent, match="too many documents away"):
        budget.deeper()


def test_the_time_of_a_budget_ends_for_all_its_depths() -> None:
    watch = Watch()
    budget = Budget(time_allowed=timedelta(seconds=30), clock=watch)
    inner = budget.deeper()
    watch.now += 29
    assert inner.spend() == timedelta(seconds=1)
    watch.now += 1
    for one in (budget, inner):
        with pytest.raises(BudgetSpent, match="time"):
            one.spend()


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


def test_s61_a_verdict_is_believed_for_ten_minutes() -> None:
    watch = Watch()
    failures = Failures(clock=watch)
    failures.add("key", "h.example", FetchGone("410"))
    watch.now += 599
    with pytest.raises(FetchGone, match="410"):
        failures.check("key", "h.example")
    watch.now += 1
    failures.check("key", "h.example")


def test_s61_a_silence_is_believed_for_half_a_minute_because_gotosocial_gives_up_after_four() -> None:
    watch = Watch()
    failures = Failures(clock=watch)
    failures.add("key", "h.example", FetchFailed("no answer", retry_after=timedelta(seconds=7)))
    with pytest.raises(FetchFailed) as failed:
        failures.check("key", "h.example")
    assert failed.value.retry_after == timedelta(seconds=7)
    watch.now += 30
    failures.check("key", "h.example")


def test_s61_one_bad_key_stops_nobody_and_many_stop_who_named_them() -> None:
    watch = Watch()
    failures = Failures(clock=watch)
    liar = Cause(name="203.0.113.7")
    for number in range(59):
        failures.add(f"key{number}", "h.example", FetchNotFound("404"), liar)
    failures.check("other", "h.example", liar)
    failures.add("key59", "h.example", FetchNotFound("404"), liar)
    with pytest.raises(FetchFailed, match="60 times in vain"):
        failures.check("other", "h.example", liar)
    failures.check("other", "else.example", liar)
    failures.check("other", "h.example", Cause(name="198.51.100.9"))
    failures.check("other", "h.example")
    watch.now += 600
    failures.check("other", "h.example", liar)


def test_a_budget_goes_on_when_its_cause_is_known_better() -> None:
    budget = Budget(fetches=2, depth=1, cause=Cause(name="203.0.113.7"))
    proven = budget.caused_by(Cause(name="fern.example", is_proven=True))
    budget.spend()
    proven.deeper().spend()
    assert (budget.left, proven.left) == (0, 0)
    assert proven.deeper().cause == Cause(name="fern.example", is_proven=True)


def test_s62_the_memory_of_failures_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bridge.remote.budget._MOST_FAILURES", 100)
    failures, lately = Failures(clock=Watch()), Lately(clock=Watch())
    for number in range(1000):
        failures.add(f"key{number}", f"h{number}.example", FetchNotFound("404"))
        lately.add(f"key{number}")
    assert len(failures._of_key) == len(failures._of_host) == 100
    assert len(lately._ends) <= 101


def test_lately_is_ten_minutes() -> None:
    watch = Watch()
    lately = Lately(clock=watch)
    assert not lately.has("key")
    assert lately.add("key")
    watch.now += 599
    assert lately.has("key")
    assert not lately.add("key")
    assert lately.add("other")
    watch.now += 1
    assert not lately.has("key")
    assert lately.add("key")


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
