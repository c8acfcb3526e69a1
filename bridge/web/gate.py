"""The limits in front of the inbox: how many requests at once from one network, and how many refused ones a minute.

`inbox_route` asks before it reads a body. The server that a request claims to come from has a pace of its own
(`Site.inbox`); here it is about who really sends, because a claim costs nothing (security S61, S77, S81).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext, suppress
from datetime import timedelta

from bridge.errors import Refusal, TooMany
from bridge.pace import Pace, per_minute

#: What one network may have under way; the largest servers send some dozens at once.
AT_ONCE = 128
#: These are the sender's fault. Silence of others (503) and its own pace (429) are not counted.
_COUNTED = frozenset({400, 401, 404, 408, 413, 415})
_OPEN = nullcontext()


class Gate:
    """`refused_a_minute` is None where nothing is limited."""

    def __init__(self, *, refused_a_minute: int | None, at_once: int = AT_ONCE, clock: Callable[[], float]) -> None:
        self._under_way: Counter[str] = Counter()
        self._at_once = at_once
        self._refused = None if refused_a_minute is None else Pace(per_minute(refused_a_minute), clock=clock)

    def request(self, network: str) -> AbstractContextManager[None]:
        """Let one request in, and note how it ended. Raises TooMany."""
        if self._refused is None:
            return _OPEN
        self._refused.check(network)
        if self._under_way[network] >= self._at_once:
            raise TooMany(f"more than {self._at_once} requests at once", retry_after=timedelta(seconds=5))
        return _UnderWay(self._under_way, self._refused, network)


class _UnderWay(AbstractContextManager[None]):
    """One request that was let in."""

    __slots__ = ("_network", "_refused", "_under_way")

    def __init__(self, under_way: Counter[str], refused: Pace, network: str) -> None:
        self._under_way = under_way
        self._refused = refused
        self._network = network

    def __enter__(self) -> None:
        self._under_way[self._network] += 1

    def __exit__(self, _kind: type[BaseException] | None, error: BaseException | None, _traceback: object) -> None:
        self._under_way[self._network] -= 1
        if not self._under_way[self._network]:
            del self._under_way[self._network]
        if isinstance(error, Refusal) and error.status in _COUNTED:
            with suppress(TooMany):
                self._refused.take(self._network)
