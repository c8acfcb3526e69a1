"""How often strangers may send us to one server, so that nobody can use us as a hammer against it.

`hops` asks before each request. A signed boost, or a mere keyId, can name any address; the budget of one activity
bounds what it costs us, and this bounds what a thousand of them cost the server they all name (security S56, S61).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta

from bridge.pace import Limit, Pace
from bridge.remote.budget import BudgetSpent, Cause

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
        self._of_one = Pace(OF_ONE, clock=clock)
        self._of_all = Pace(OF_ALL, clock=clock)

    def take(self, target: str, cause: Cause) -> None:
        """Count one request. Raises TargetBusy, and then counts nothing."""
        wait = self._of_one.wait((target, cause.name))
        if cause.is_proven:
            wait = max(wait, self._of_all.wait(target))
        if wait:
            raise TargetBusy(f"{target} was asked too often for others", retry_after=wait)
        self._of_one.count((target, cause.name))
        if cause.is_proven:
            self._of_all.count(target)
