"""Due jobs -> their handlers, many at once, until told to stop; `app` fills the table of handlers."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Mapping
from datetime import timedelta

from bridge.clock import Clock
from bridge.errors import DatabaseFault
from bridge.jobs.queue import Handler, Queue
from bridge.store.jobs import Job

log = logging.getLogger(__name__)

_IDLE = timedelta(seconds=1)
_AFTER_A_FAULT = 1.0  #: seconds
_POISON = 10
_LONGEST_WAIT = timedelta(hours=1)
#: Jobs are taken in batches: taking one costs as much as taking many, and what many need is read for all at once.
_BATCH = 64


class Worker:
    """Runs as many jobs at once as `room` says at the moment; never two with the same kind and key."""

    def __init__(self, queue: Queue, handlers: Mapping[str, Handler], *, room: Callable[[], int], clock: Clock) -> None:
        self._queue = queue
        self._handlers = handlers
        self._room = room
        self._clock = clock
        self._running: dict[tuple[str, str], asyncio.Task[None]] = {}
        self._again: dict[tuple[str, str], list[Job]] = {}
        self._stopping = asyncio.Event()
        self._changed = asyncio.Event()

    def stop(self) -> None:
        """Take up nothing more; `run` returns when what is in flight is done."""
        self._stopping.set()
        self._changed.set()

    async def run(self, *, grace: timedelta) -> None:
        """Work until `stop`, then wait up to `grace` for what is in flight."""
        while not self._stopping.is_set():
            free = await self._wait_for_room()
            if free <= 0 or self._stopping.is_set() or await self._take(min(free, _BATCH)):
                continue
            await self._queue.wait(_IDLE)
        if self._running:
            _, late = await asyncio.wait(self._running.values(), timeout=grace.total_seconds())
            for task in late:
                task.cancel()
            if late:
                await asyncio.wait(late)

    async def _take(self, limit: int) -> bool:
        """Take and start up to so many. The database may be away for a while: then none is taken."""
        try:
            taken = await self._queue.claim(limit)
        except DatabaseFault as fault:
            log.error("no jobs can be taken: %s", fault)
            await asyncio.sleep(_AFTER_A_FAULT)
            return False
        for place in self._queue.stolen():
            if (task := self._running.get(place)) is not None:
                log.warning("%s %s is done by another worker since the connection was lost", *place)
                task.cancel()
        for job in taken:
            self._start(job)
        return bool(taken)

    async def _wait_for_room(self) -> int:
        """How many more may run: as soon as that is a batch, or after a while whatever it is."""
        self._changed.clear()
        if self._free() < _BATCH:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_IDLE.total_seconds()):
                    await self._changed.wait()
        return self._free()

    def _free(self) -> int:
        return self._room() - len(self._running)

    def _start(self, job: Job) -> None:
        place = (job.kind, job.key)
        if place in self._running:
            # The running one may have read its tables already: it runs once more, so no wake-up is lost.
            self._again.setdefault(place, []).append(job)
            return
        task = asyncio.create_task(self._run(job))
        self._running[place] = task
        task.add_done_callback(lambda _: self._ended(place))

    def _ended(self, place: tuple[str, str]) -> None:
        del self._running[place]
        waiting = self._again.pop(place, [])
        if self._stopping.is_set():
            return
        for job in waiting:
            self._start(job)
        if self._free() >= _BATCH:
            self._changed.set()

    async def _run(self, job: Job) -> None:
        handler = self._handlers.get(job.kind)
        try:
            if handler is None:
                log.error("a job of a kind nobody handles was dropped: %s %s", job.kind, job.key)
                await self._queue.finish(job)
                return
            again_in = await handler(job.key)
            await self._queue.finish(job, again_in=again_in)
        except DatabaseFault as fault:
            log.error("job %s %s could not be finished, and runs again: %s", job.kind, job.key, fault)
            await self._give_back(job)
        except Exception:
            log.exception("job failed: %s %s (attempt %d)", job.kind, job.key, job.attempts)
            await self._after_failure(job)

    async def _give_back(self, job: Job) -> None:
        """It is not a fault of the job: it is due again as soon as the database takes it."""
        while not self._stopping.is_set():
            await asyncio.sleep(_AFTER_A_FAULT)
            with contextlib.suppress(DatabaseFault):
                await self._queue.put_back(job, due_at=self._clock())
                return

    async def _after_failure(self, job: Job) -> None:
        """Try again later, less and less often; a job that always fails is dropped, and said so."""
        try:
            if job.attempts >= _POISON:
                log.error("gave up the job %s %s after %d attempts", job.kind, job.key, job.attempts)
                await self._queue.finish(job)
            else:
                wait = min(timedelta(seconds=5) * 2**job.attempts, _LONGEST_WAIT)
                await self._queue.put_back(job, due_at=self._clock() + wait)
        except Exception:
            log.exception("the queue did not take back the job %s %s; its lease will end", job.kind, job.key)
