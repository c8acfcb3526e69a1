"""What our own requests may cost: in all (`Budget`), for a host (`HostLanes`), failure (`Failures`), URL (`Flights`).

Every fetch of `hops` and `actors` passes here, so that nobody can make this server the hammer that hits another one.
Each memory ends by age and by number: a stranger can invent any number of hosts and keys.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar, cast

from bridge.errors import FetchError, FetchFailed, FetchRefused

T = TypeVar("T")

FETCHES = 20
DEPTH = 3
TIME = timedelta(seconds=30)

_LANES = 2

#: How long a failed fetch is not repeated: a verdict of the other server, and a mere silence. The second is
#: short because GoToSocial gives up a delivery after four minutes of 503.
VERDICT_LASTS = timedelta(minutes=10)
SILENCE_LASTS = timedelta(seconds=30)
_MOST_FAILURES = 10_000
#: Failures at one host within `VERDICT_LASTS` after which who caused them may name no more unknown keys of it.
_HOST_FAILURES = 60


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


class HostLanes:
    """At most two fetches to one host at a time; further ones wait. Holds nothing of a host that nobody asks."""

    def __init__(self) -> None:
        self._hosts: dict[str, tuple[asyncio.Semaphore, int]] = {}

    @asynccontextmanager
    async def lane(self, authority: str) -> AsyncIterator[None]:
        """Hold one of the host's lanes."""
        semaphore, users = self._hosts.get(authority, (asyncio.Semaphore(_LANES), 0))
        self._hosts[authority] = semaphore, users + 1
        try:
            async with semaphore:
                yield
        finally:
            semaphore, users = self._hosts.pop(authority)
            if users > 1:
                self._hosts[authority] = semaphore, users - 1


class Failures:
    """Which things could not be fetched lately, so that they are not asked for again at once (CVE-2026-34148).

    `key` is any text: a keyId, a handle. One failure stops a key for all. Many failures at one host stop only who
    caused them: else anybody could keep us from the new keys of a server by naming keys that it does not have.
    """

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._of_key: OrderedDict[str, tuple[FetchError, float]] = OrderedDict()
        self._of_host: OrderedDict[tuple[str, Cause | None], tuple[int, float]] = OrderedDict()

    def check(self, key: str, host: str, cause: Cause | None = None) -> None:
        """Raise what was raised the last time, or FetchFailed to whom so much failed at this host."""
        now = self._clock()
        error, ends = self._of_key.get(key, (None, 0.0))
        if error is not None and now < ends:
            raise _again(error)
        count, ends = self._of_host.get((host, cause), (0, 0.0))
        if count >= _HOST_FAILURES and now < ends:
            raise FetchFailed(
                f"{host} was asked {count} times in vain lately",
                retry_after=timedelta(seconds=ends - now),
            )

    def add(self, key: str, host: str, error: FetchError, cause: Cause | None = None) -> None:
        """Remember a failure."""
        now = self._clock()
        lasts = SILENCE_LASTS if isinstance(error, FetchFailed) else VERDICT_LASTS
        self._of_key[key] = error.with_traceback(None), now + lasts.total_seconds()
        self._of_key.move_to_end(key)
        place = host, cause
        count, ends = self._of_host.get(place, (0, 0.0))
        self._of_host[place] = (count + 1, ends) if now < ends else (1, now + VERDICT_LASTS.total_seconds())
        self._of_host.move_to_end(place)
        while len(self._of_key) > _MOST_FAILURES:
            self._of_key.popitem(last=False)
        while len(self._of_host) > _MOST_FAILURES:
            self._of_host.popitem(last=False)

    def forget(self, key: str) -> None:
        """The thing is known again, by whatever way."""
        self._of_key.pop(key, None)


def _again(error: FetchError) -> FetchError:
    """The same error as a new object, so that tracebacks do not pile up in the memory."""
    if isinstance(error, FetchFailed):
        return FetchFailed(f"{error} (a moment ago)", retry_after=error.retry_after or SILENCE_LASTS)
    return type(error)(f"{error} (some minutes ago)")


class Lately:
    """What happened within the last ten minutes, for things that may happen once in that time."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._ends: OrderedDict[str, float] = OrderedDict()

    def has(self, key: str) -> bool:
        """Whether it happened lately."""
        return self._clock() < self._ends.get(key, 0.0)

    def add(self, key: str) -> bool:
        """Note that it happens now. False if it happened lately, and then nothing is noted."""
        now = self._clock()
        while self._ends and (len(self._ends) > _MOST_FAILURES or next(iter(self._ends.values())) <= now):
            self._ends.popitem(last=False)
        if key in self._ends:
            return False
        self._ends[key] = now + VERDICT_LASTS.total_seconds()
        return True


class Flights:
    """One fetch for all who want the same thing at the same moment."""

    def __init__(self) -> None:
        self._under_way: dict[str, asyncio.Task[object]] = {}

    async def join(self, key: str, fetch: Callable[[], Awaitable[T]]) -> T:
        """The result of `fetch`, or of the one under way for this key, which goes on when a waiter is cancelled."""
        while True:
            task = self._under_way.get(key)
            is_ours = task is None
            if task is None:
                task = asyncio.ensure_future(_run(fetch))
                self._under_way[key] = task
                task.add_done_callback(lambda done: self._land(key, done))
            try:
                return cast("T", await asyncio.shield(task))
            except BudgetSpent:
                if is_ours:
                    raise  # else it was another one's budget that ended

    def _land(self, key: str, task: asyncio.Task[object]) -> None:
        del self._under_way[key]
        if not task.cancelled():
            task.exception()  # marks it as seen, should every waiter have been cancelled

    async def close(self) -> None:
        """Stop what is under way."""
        tasks = list(self._under_way.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _run(fetch: Callable[[], Awaitable[T]]) -> T:
    return await fetch()
