"""How often somebody may do something: a burst at once, then one more at a time. Each name is counted by itself.

The inbox counts servers with it, the pages visitors, `remote.target_pace` whom strangers make us ask (security S77).
"""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from datetime import timedelta

from bridge.errors import TooMany

_MOST_NAMES = 10_000
_ROUNDING = 1e-6  #: seconds, for sums of floats


@dataclass(frozen=True, kw_only=True)
class Limit:
    """So many at once, then one more every `every`."""

    burst: int
    every: timedelta


def per_minute(count: int) -> Limit:
    """So many a minute, in bursts of as many."""
    return Limit(burst=count, every=timedelta(minutes=1) / count)


class Pace:
    """Remembers what each name did lately. `limit` is None where nothing is limited; `clock` gives seconds."""

    def __init__(self, limit: Limit | None, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._limit = limit
        self._clock = clock
        #: When what was counted is paid off; the name counted longest ago is the first to be forgotten.
        self._paid_at: OrderedDict[Hashable, float] = OrderedDict()

    def wait(self, name: Hashable) -> timedelta:
        """How long until `name` may do one more; zero where it may now. Counts nothing."""
        if self._limit is None or name not in self._paid_at:
            return timedelta()
        owed = max(self._paid_at[name] - self._clock(), 0)
        over = owed - (self._limit.burst - 1) * self._limit.every.total_seconds()
        return timedelta(seconds=over) if over > _ROUNDING else timedelta()

    def count(self, name: Hashable) -> None:
        """Count one, whether it was allowed or not."""
        if self._limit is None:
            return
        now = self._clock()
        self._paid_at[name] = max(self._paid_at.pop(name, now), now) + self._limit.every.total_seconds()
        while len(self._paid_at) > _MOST_NAMES:
            self._paid_at.popitem(last=False)

    def check(self, name: str) -> None:
        """Raise TooMany if `take` would, and count nothing: for a name that is only claimed so far."""
        wait = self.wait(name)
        if self._limit is not None and wait:
            seconds = (self._limit.burst * self._limit.every).total_seconds()
            raise TooMany(
                f"more than {self._limit.burst} requests in {seconds:.0f} seconds from {name}",
                retry_after=timedelta(seconds=math.ceil(wait.total_seconds())),
            )

    def take(self, name: str) -> None:
        """Count one. Raises TooMany with the time after which one more is taken, and then counts nothing."""
        self.check(name)
        self.count(name)
