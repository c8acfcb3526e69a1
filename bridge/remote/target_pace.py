"""How often strangers may send us to one server: what keeps us from being the hammer that hits another one.

`hops` asks before each request. A signed boost, or a mere keyId, can name any address; the budget of one activity
bounds what it costs us, and this what a thousand of them cost the server that they all name (security S56, S61).
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from bridge.remote.budget import BudgetSpent, Cause

_MOST_REMEMBERED = 10_000
_ROUNDING = 1e-6  #: seconds, for sums of floats


@dataclass(frozen=True, kw_only=True)
class Limit:
    """So many at once, then one more every `every`."""

    burst: int
    every: timedelta


#: Requests to one server that one network or server may cause.
OF_ONE = Limit(burst=60, every=timedelta(seconds=0.5))
#: Requests to one server that all proven servers together may cause; a wildcard in the DNS makes servers cheap.
#: Keys are left out: or many together could keep us from the new keys of a server.
OF_ALL = Limit(burst=300, every=timedelta(seconds=0.2))


class TargetBusy(BudgetSpent):
    """We were sent to this server too often just now. `retry_after` says when once more is allowed."""

    def __init__(self, reason: str, *, retry_after: timedelta) -> None:
        super().__init__(reason)
        self.retry_after = retry_after


class TargetPace:
    """Counts requests by the server that they go to and who causes them; `clock` gives seconds."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        #: When what was counted is paid off, the latest counted last.
        self._paid_at: OrderedDict[tuple[str, str | None], float] = OrderedDict()

    def take(self, target: str, cause: Cause) -> None:
        """Count one request. Raises TargetBusy, and then counts nothing."""
        now = self._clock()
        limits: dict[tuple[str, str | None], Limit] = {(target, cause.name): OF_ONE}
        if cause.is_proven:
            limits[target, None] = OF_ALL
        paid_at = {
            place: max(self._paid_at.get(place, now), now) + limit.every.total_seconds()
            for place, limit in limits.items()
        }
        for place, limit in limits.items():
            wait = paid_at[place] - now - limit.burst * limit.every.total_seconds()
            if wait > _ROUNDING:
                raise TargetBusy(f"{target} was asked too often for others", retry_after=timedelta(seconds=wait))
        for place, moment in paid_at.items():
            self._paid_at[place] = moment
            self._paid_at.move_to_end(place)
        while len(self._paid_at) > _MOST_REMEMBERED:
            self._paid_at.popitem(last=False)
