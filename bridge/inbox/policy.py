"""How often a server may speak to us: one bucket for each (security S77)."""

from __future__ import annotations

import math
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta

from bridge.errors import TooMany
from bridge.terms import Server

_MOST_SERVERS = 10_000


@dataclass
class _Bucket:
    tokens: float
    at: datetime


class Pace:
    """Lets each server send `per_minute` activities, in bursts of as many; None: no limit."""

    def __init__(self, per_minute: int | None) -> None:
        self._per_minute = per_minute
        self._buckets: OrderedDict[Server, _Bucket] = OrderedDict()

    def check(self, server: Server, *, now: datetime) -> None:
        """Raise TooMany if `take` would, and count nothing: for a server that is only claimed as yet."""
        bucket = self._buckets.get(server)
        if self._per_minute is None or bucket is None:
            return
        rate = self._per_minute / 60
        tokens = bucket.tokens + max((now - bucket.at).total_seconds(), 0) * rate
        if tokens < 1:
            raise self._too_many(server, tokens, rate)

    def take(self, server: Server, *, now: datetime) -> None:
        """Count one activity. Raises TooMany with the time after which one more is taken."""
        if self._per_minute is None:
            return
        rate = self._per_minute / 60
        bucket = self._buckets.pop(server, None) or _Bucket(float(self._per_minute), now)
        elapsed = max((now - bucket.at).total_seconds(), 0)
        bucket = _Bucket(min(bucket.tokens + elapsed * rate, float(self._per_minute)), now)
        self._buckets[server] = bucket
        while len(self._buckets) > _MOST_SERVERS:
            self._buckets.popitem(last=False)
        if bucket.tokens < 1:
            raise self._too_many(server, bucket.tokens, rate)
        bucket.tokens -= 1

    def _too_many(self, server: Server, tokens: float, rate: float) -> TooMany:
        wait = timedelta(seconds=math.ceil((1 - tokens) / rate))
        return TooMany(f"more than {self._per_minute} activities a minute from {server}", retry_after=wait)
