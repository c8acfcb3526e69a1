"""How often one reader's network may ask for what costs us something (security S115, S117)."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Callable
from datetime import timedelta

from bridge.errors import TooMany

_MOST_NETWORKS = 10_000


class VisitorPace:
    """`burst` requests at once for each network, then one more every `every`; `clock` gives seconds."""

    def __init__(self, *, burst: int, every: timedelta, clock: Callable[[], float]) -> None:
        self._burst = burst
        self._every = every.total_seconds()
        self._clock = clock
        self._full_at: OrderedDict[str, float] = OrderedDict()

    def check(self, network: str) -> None:
        """Raise TooMany if `take` would, and count nothing."""
        now = self._clock()
        over = max(self._full_at.get(network, now), now) + self._every - now - self._burst * self._every
        if over > 0:
            raise TooMany("too many requests from one network", retry_after=timedelta(seconds=math.ceil(over)))

    def take(self, network: str) -> None:
        """Count one request. Raises TooMany with the time after which one more is taken."""
        now = self._clock()
        full_at = max(self._full_at.pop(network, now), now) + self._every
        over = full_at - now - self._burst * self._every
        if over > 0:
            self._full_at[network] = full_at - self._every
            raise TooMany("too many requests from one network", retry_after=timedelta(seconds=math.ceil(over)))
        self._full_at[network] = full_at
        while len(self._full_at) > _MOST_NETWORKS:
            self._full_at.popitem(last=False)
