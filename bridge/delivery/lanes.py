"""How many deliveries are under way at once, where a server that is silent far longer than others gives way.

A lane is held until the outcome is committed, so after a crash at most `limit` deliveries may have arrived without the
ledger knowing of it. A server that hangs would hold its lane for the whole deadline; after a few times the usual
latency it gives up the lane and waits aside, so a healthy server never waits for a hanging one. Before that, the ledger
records that it was sent and not answered (docs/decisions/0006). How many may wait aside is bounded, because each holds
a connection and its memory.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta

_ENOUGH = 8  #: answers that must be known before anybody is called slow
_REMEMBERED = 64
#: With every tenth server silent, 3.0 makes the others wait a third longer, and 4.0 nearly half.
_TIMES_USUAL = 3.0
_LEAST_PATIENCE = 0.3
_MOST_PATIENCE = 5.0


#: Puts down that something was sent and not answered; False if that was not possible.
NoteSilence = Callable[[], Awaitable[bool]]


class Lanes:
    """`limit` lanes, and room for `aside` that wait for an answer without one."""

    def __init__(self, limit: int, *, aside: int) -> None:
        self.aside = 0
        self.is_closing = False
        self._most_aside = aside
        self._free = asyncio.Semaphore(limit)
        self._latencies: deque[float] = deque(maxlen=_REMEMBERED)

    @asynccontextmanager
    async def lane(self) -> AsyncIterator[Lane]:
        """A lane for one delivery after the other."""
        await self._free.acquire()
        lane = Lane(self)
        try:
            yield lane
        finally:
            lane.ends()
            if lane.is_aside:
                self.aside -= 1
            else:
                self._free.release()

    def close(self) -> None:
        """Begin nothing more: holders of a lane end after the answer they wait for."""
        self.is_closing = True

    @property
    def patience(self) -> timedelta | None:
        """How long an answer may take before it counts as slow; None while nothing is known."""
        if len(self._latencies) < _ENOUGH:
            return None
        usual = sorted(self._latencies)[len(self._latencies) // 2]
        return timedelta(seconds=min(max(usual * _TIMES_USUAL, _LEAST_PATIENCE), _MOST_PATIENCE))

    def learn(self, seconds: float) -> None:
        """An answer came after this long."""
        self._latencies.append(seconds)

    @property
    def has_room_aside(self) -> bool:
        """Whether one more may wait without a lane."""
        return self.aside < self._most_aside

    def give_way(self) -> bool:
        """Free one lane for others; False if too many wait aside already."""
        if not self.has_room_aside:
            return False
        self.aside += 1
        self._free.release()
        return True

    async def return_to(self) -> None:
        """Take a lane again, for the next delivery to the same server."""
        await self._free.acquire()
        self.aside -= 1


class Lane:
    """One holder's lane, for one request after the other: `asks` when one begins, `settled` when it is over."""

    def __init__(self, lanes: Lanes) -> None:
        self._lanes = lanes
        self.is_aside = False
        self._timer: asyncio.TimerHandle | None = None
        self._leaving: asyncio.Task[None] | None = None
        self._began = 0.0

    def asks(self, note_silence: NoteSilence) -> None:
        """A request begins. If its answer is late, silence is noted and then the lane passed on."""
        self._stop_waiting()
        loop = asyncio.get_running_loop()
        self._began = loop.time()
        patience = self._lanes.patience
        if patience is not None and not self.is_aside:
            self._timer = loop.call_later(patience.total_seconds(), self._is_late, note_silence)

    async def settled(self, *, has_answer: bool) -> None:
        """The answer came, whatever it says, or none will. What was being noted of it is noted when this returns."""
        if has_answer:
            self._lanes.learn(asyncio.get_running_loop().time() - self._began)
        self._stop_waiting()
        if self._leaving is not None:
            await self._leaving
            self._leaving = None

    def ends(self) -> None:
        """Nothing is asked any more; the lane changes hands no more."""
        self._stop_waiting()
        if self._leaving is not None:
            self._leaving.cancel()

    def _stop_waiting(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _is_late(self, note_silence: NoteSilence) -> None:
        if self._leaving is None and self._lanes.has_room_aside:
            self._leaving = asyncio.create_task(self._give_way(note_silence))

    async def _give_way(self, note_silence: NoteSilence) -> None:
        if await note_silence():
            self.is_aside = self._lanes.give_way()

    async def come_back(self) -> None:
        """Hold a lane again before something more is sent."""
        if self.is_aside:
            await self._lanes.return_to()
            self.is_aside = False
