"""What one cause may make us fetch: so many requests, so deep, so long; every fetch of `hops` is paid from a `Budget`.

So nobody can use this server as a hammer against another one (see also `host_lanes`, `failures` and `target_pace`).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from bridge.errors import FetchRefused

FETCHES = 20
DEPTH = 3
TIME = timedelta(seconds=30)


class BudgetSpent(FetchRefused):
    """Our own limit, which says nothing about the thing that was wanted."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Cause:
    """The stranger for whose request we ask others: a network or, once its signature is proven, a server."""

    name: str
    is_proven: bool = False


class Budget:
    """What one incoming activity, one command or one page view may fetch: so many requests, so deep, so long.

    `cause` is None for what nobody but ourselves caused.
    """

    def __init__(
        self,
        *,
        fetches: int = FETCHES,
        depth: int = DEPTH,
        time_allowed: timedelta = TIME,
        cause: Cause | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.cause = cause
        self._purse = [fetches]
        self._depth = depth
        self._clock = clock
        self._ends = clock() + time_allowed.total_seconds()

    @property
    def left(self) -> int:
        """How many requests are not spent yet."""
        return self._purse[0]

    def deeper(self) -> Budget:
        """The same budget for what a fetched document leads to. Raises BudgetSpent where it would lead too far."""
        if self._depth == 0:
            raise BudgetSpent("this leads too many documents away from what came in")
        return self._shared(self._depth - 1, self.cause)

    def caused_by(self, cause: Cause) -> Budget:
        """The same budget, on the account of somebody who is known better by now."""
        return self._shared(self._depth, cause)

    def _shared(self, depth: int, cause: Cause | None) -> Budget:
        inner = Budget(fetches=0, depth=depth, cause=cause, clock=self._clock)
        inner._purse, inner._ends = self._purse, self._ends
        return inner

    def spend(self) -> timedelta:
        """Pay for one request; gives the time left for it. Raises BudgetSpent when count or time are used up."""
        left = self._ends - self._clock()
        if left <= 0:
            raise BudgetSpent("the time for all fetches of this cause is over")
        if self._purse[0] <= 0:
            raise BudgetSpent("all fetches of this cause are used up")
        self._purse[0] -= 1
        return timedelta(seconds=left)
