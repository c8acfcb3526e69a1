"""Many single requests -> few runs of a function that takes a list; whoever asks while a run is on joins the next one.

What is cheap in a batch and dear alone goes through here: signatures (a thread hop), reads and writes of the ledger (a
transaction), finished jobs. Nobody waits for a batch to fill: an idle one starts at once. Where nobody is in a hurry
a pause after each run makes the next one bigger.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

Item = TypeVar("Item")
Answer = TypeVar("Answer")


class Gathered(Generic[Item, Answer]):
    """`work` gets up to `most` items and gives an answer for each, in order; up to `at_once` runs go on together.

    `pause` is in seconds.
    """

    def __init__(
        self,
        work: Callable[[Sequence[Item]], Awaitable[Sequence[Answer]]],
        *,
        most: int,
        at_once: int = 1,
        pause: float = 0.0,
    ) -> None:
        self._work = work
        self._most = most
        self._free = at_once
        self._pause = pause
        self._waiting: deque[tuple[Item, asyncio.Future[Answer]]] = deque()
        self._runs: set[asyncio.Task[None]] = set()

    async def ask(self, item: Item) -> Answer:
        """This item's answer. A run that fails raises its error to everybody in it."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Answer] = loop.create_future()
        self._waiting.append((item, future))
        if self._free:
            self._free -= 1
            task = loop.create_task(self._run())
            self._runs.add(task)
            task.add_done_callback(self._runs.discard)
        return await future

    async def _run(self) -> None:
        try:
            while self._waiting:
                batch = [self._waiting.popleft() for _ in range(min(self._most, len(self._waiting)))]
                await self._run_batch(batch)
                if self._pause:
                    await asyncio.sleep(self._pause)
        finally:
            self._free += 1

    async def _run_batch(self, batch: Sequence[tuple[Item, asyncio.Future[Answer]]]) -> None:
        try:
            answers = await self._work([item for item, _ in batch])
        except Exception as error:  # noqa: BLE001 - it is theirs who asked
            for _, future in batch:
                if not future.done():
                    future.set_exception(error)
            return
        for (_, future), answer in zip(batch, answers, strict=True):
            if not future.done():
                future.set_result(answer)
