"""How many are under way at once, who gives way, and that the ledger knows of it first."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import pytest

from bridge.delivery import lanes as module
from bridge.delivery.lanes import Lanes


@pytest.fixture(autouse=True)
def short_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_LEAST_PATIENCE", 0.02)


def _experienced(limit: int, *, aside: int) -> Lanes:
    """Lanes that know how fast servers usually answer."""
    lanes = Lanes(limit, aside=aside)
    for _ in range(8):
        lanes.learn(0.001)
    return lanes


@dataclass
class Silent:
    """A server that takes what it gets and says nothing until `answers`."""

    can_be_noted: bool = True
    answers: asyncio.Event = field(default_factory=asyncio.Event)
    was_asked: asyncio.Event = field(default_factory=asyncio.Event)
    was_noted: asyncio.Event = field(default_factory=asyncio.Event)

    async def note(self) -> bool:
        self.was_noted.set()
        return self.can_be_noted

    async def is_asked(self, lanes: Lanes) -> None:
        """Hold a lane and ask it."""
        async with lanes.lane() as lane:
            lane.asks(self.note)
            self.was_asked.set()
            await self.answers.wait()
            await lane.settled(has_answer=True)


async def _nobody_gets_a_lane(lanes: Lanes) -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.1), lanes.lane():
            pass


async def test_nobody_is_called_slow_before_enough_answers_are_known() -> None:
    lanes = Lanes(1, aside=1)
    for _ in range(7):
        lanes.learn(0.1)
    assert lanes.patience is None

    lanes.learn(0.1)

    assert lanes.patience is not None
    assert lanes.patience.total_seconds() == pytest.approx(0.3)


async def test_patience_follows_what_is_usual_within_bounds() -> None:
    lanes = Lanes(1, aside=1)
    for _ in range(64):
        lanes.learn(60)
    assert lanes.patience is not None
    assert lanes.patience.total_seconds() == 5

    for _ in range(64):
        lanes.learn(0)

    assert lanes.patience.total_seconds() == 0.02


async def test_whoever_is_silent_hands_the_lane_on_and_others_go_ahead() -> None:
    lanes, silent = _experienced(1, aside=8), Silent()
    asked = [asyncio.create_task(silent.is_asked(lanes)) for _ in range(5)]
    await silent.was_asked.wait()

    async with asyncio.timeout(5), lanes.lane():
        assert lanes.aside == 5

    silent.answers.set()
    await asyncio.gather(*asked)
    assert lanes.aside == 0


async def test_a_lane_is_handed_on_only_after_the_ledger_knows_that_there_is_no_answer_yet() -> None:
    """Contract section 9: of no more than `limit` deliveries the ledger knows nothing."""
    lanes, is_written, end = _experienced(1, aside=8), asyncio.Event(), asyncio.Event()

    async def note_silence() -> bool:
        began.set()
        await is_written.wait()
        return True

    began = asyncio.Event()

    async def hang() -> None:
        async with lanes.lane() as lane:
            lane.asks(note_silence)
            await end.wait()
            await lane.settled(has_answer=False)

    hanging = asyncio.create_task(hang())
    await began.wait()
    assert lanes.aside == 0
    is_written.set()
    async with asyncio.timeout(5), lanes.lane():
        assert lanes.aside == 1
    end.set()
    await hanging


async def test_what_could_not_be_noted_keeps_its_lane() -> None:
    lanes, silent = _experienced(1, aside=8), Silent(can_be_noted=False)
    asked = asyncio.create_task(silent.is_asked(lanes))
    await silent.was_noted.wait()

    await _nobody_gets_a_lane(lanes)

    assert lanes.aside == 0
    silent.answers.set()
    await asked


async def test_no_more_wait_aside_than_there_is_room_for() -> None:
    lanes, silent = _experienced(2, aside=1), Silent()
    asked = [asyncio.create_task(silent.is_asked(lanes)) for _ in range(3)]
    await silent.was_noted.wait()

    await _nobody_gets_a_lane(lanes)

    assert lanes.aside == 1
    silent.answers.set()
    await asyncio.gather(*asked)


async def test_more_for_the_same_server_waits_for_a_lane_again() -> None:
    lanes, silent = _experienced(1, aside=8), Silent()
    order: list[str] = []

    async def slow() -> None:
        async with lanes.lane() as lane:
            lane.asks(silent.note)
            silent.was_asked.set()
            await silent.answers.wait()
            await lane.settled(has_answer=True)
            order.append("answered")
            await lane.come_back()
            order.append("goes on")

    asked = asyncio.create_task(slow())
    await silent.was_asked.wait()
    async with asyncio.timeout(5), lanes.lane():
        silent.answers.set()
        await _nobody_gets_a_lane(lanes)
        order.append("the other ends")
    await asked

    assert order == ["answered", "the other ends", "goes on"]
    assert lanes.aside == 0


async def test_a_lane_is_freed_once_when_its_holder_is_cancelled_while_it_gives_way() -> None:
    lanes, began = _experienced(1, aside=8), asyncio.Event()

    async def never_noted() -> bool:
        began.set()
        return await asyncio.Event().wait()

    async def hang() -> None:
        async with lanes.lane() as lane:
            lane.asks(never_noted)
            await asyncio.Event().wait()

    hanging = asyncio.create_task(hang())
    await began.wait()
    hanging.cancel()
    await asyncio.gather(hanging, return_exceptions=True)

    async with asyncio.timeout(5), lanes.lane():
        await _nobody_gets_a_lane(lanes)
    assert lanes.aside == 0
