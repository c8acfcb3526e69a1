"""Several who want the same thing at the same moment -> one fetch for all of them; for `documents` and `actors`."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar, cast

from bridge.remote.budget import BudgetSpent

T = TypeVar("T")


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
