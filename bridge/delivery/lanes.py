"""How many deliveries are under way at once: so many, but whoever is silent far longer than the others gives way.

A lane is held from before the ledger is read until the outcome is committed, so no more than `limit` deliveries can be
sent again after a crash. A server that hangs would hold its lane for the whole deadline; after a few times the usual
latency it hands the lane on and waits aside, so a healthy server never waits for a hanging one. How many may wait
aside is bounded, because each holds a connection and its memory.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta

_ENOUGH = 8  #: answers that must be known before anybody is called slow
_REMEMBERED = 64
_TIMES_USUAL = 4.0
_LEAST_PATIENCE = 0.4
_MOST_PATIENCE = 5.0


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
            lane.stops()
            if lane.is_aside:
                self.aside -= 1
            else:
                self._free.release()

    def close(self) -> None:
        """Begin nothing more: who holds a lane ends after the answer it waits for."""
        self.is_closing = True

    @property
    def patience(self) -> timedelta | None:
        """How long an answer may take before it counts as slow; None while nothing is known."""
        if len(self._latencies) < _ENOUGH:
            return None
        usual = sorted(self._latencies)[len(self._latencies) // 2]
        return timedelta(seconds=min(max(usual * _TIMES_USUAL, _LEAST_PATIENCE), _MOST_PATIENCE))

    def learn(self, seconds: float) -> None:
        """An answer came after so long."""
        self._latencies.append(seconds)

    def give_way(self) -> bool:
        """Free one lane for others; False if too many wait aside already."""
        if self.aside >= self._most_aside:
            return False
        self.aside += 1
        self._free.release()
        return True

    async def return_to(self) -> None:
        """Take a lane again, for the next delivery to the same server."""
        await self._free.acquire()
        self.aside -= 1


class Lane:
    """One holder's lane. `waiting` is called with it while a server is asked."""

    def __init__(self, lanes: Lanes) -> None:
        self._lanes = lanes
        self.is_aside = False
        self._timer: asyncio.TimerHandle | None = None
        self._began = 0.0

    def asks(self, when_slow: Callable[[], None]) -> None:
        """A request begins; `when_slow` is called if it is handed on to wait aside."""
        self.stops()
        loop = asyncio.get_running_loop()
        self._began = loop.time()
        patience = self._lanes.patience
        if patience is not None:
            self._timer = loop.call_later(patience.total_seconds(), self._give_way, when_slow)

    def has_answer(self) -> None:
        """The answer came, whatever it says."""
        self._lanes.learn(asyncio.get_running_loop().time() - self._began)
        self.stops()

    def stops(self) -> None:
        """Nothing is asked any more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _give_way(self, when_slow: Callable[[], None]) -> None:
        if not self.is_aside and self._lanes.give_way():
            self.is_aside = True
            when_slow()

    async def come_back(self) -> None:
        """Hold a lane again before something more is sent."""
        if self.is_aside:
            await self._lanes.return_to()
            self.is_aside = False
