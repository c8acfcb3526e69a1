"""What could not be fetched, or was fetched again, lately -> not asked again at once; `actors` asks here first.

Each memory ends by age and by number: a stranger can invent any number of hosts and keys.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from datetime import timedelta

from bridge.errors import FetchError, FetchFailed
from bridge.remote.budget import Cause

#: How long a failed fetch is not repeated: a verdict of the other server, and a mere silence. The second is
#: short because GoToSocial gives up a delivery after four minutes of 503.
VERDICT_LASTS = timedelta(minutes=10)
SILENCE_LASTS = timedelta(seconds=30)
_MOST_FAILURES = 10_000
#: Failures at one host within `VERDICT_LASTS` after which who caused them may name no more unknown keys of it.
_HOST_FAILURES = 60


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
