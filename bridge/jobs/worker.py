"""Due jobs -> their handlers, many at once, until told to stop; `app` fills the table of handlers."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
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
#: Jobs are taken in batches, because taking one costs as much as taking a hundred; so many lie ready at most.
_BATCH = 64
_FEW = 16


class Worker:
    """Runs as many jobs at once as `room` says at the moment; never two with the same kind and key."""

    def __init__(self, queue: Queue, handlers: Mapping[str, Handler], *, room: Callable[[], int], clock: Clock) -> None:
        self._queue = queue
        self._handlers = handlers
        self._room = room
        self._clock = clock
        self._ready: deque[Job] = deque()
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
            self._changed.clear()
            self._start_ready()
            taken = await self._take() if len(self._ready) < _FEW else ()
            if taken:
                continue
            if self._ready:
                await self._wait_for_room()
            else:
                await self._queue.wait(_IDLE)
        await self._give_back()
        if self._running:
            _, late = await asyncio.wait(self._running.values(), timeout=grace.total_seconds())
            for task in late:
                task.cancel()
            if late:
                await asyncio.wait(late)

    async def _take(self) -> bool:
        """Fetch more jobs. The database may be away for a while: then nothing is fetched."""
        try:
            taken = await self._queue.claim(_BATCH)
        except DatabaseFault as fault:
            log.error("no jobs can be taken: %s", fault)
            await asyncio.sleep(_AFTER_A_FAULT)
            return False
        for place in self._queue.stolen():
            if (task := self._running.get(place)) is not None:
                log.warning("%s %s is done by another worker since the connection was lost", *place)
                task.cancel()
        self._ready.extend(taken)
        return bool(taken)

    async def _wait_for_room(self) -> None:
        try:
            async with asyncio.timeout(_IDLE.total_seconds()):
                await self._changed.wait()
        except TimeoutError:
            pass  # more may have come meanwhile

    async def _give_back(self) -> None:
        now = self._clock()
        for job in self._ready:
            try:
                await self._queue.put_back(job, due_at=now)
            except DatabaseFault:
                break  # its lease will end
        self._ready.clear()

    def _start_ready(self) -> None:
        while self._ready and len(self._running) < self._room():
            self._start(self._ready.popleft())

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
        self._changed.set()
        waiting = self._again.pop(place, [])
        if self._stopping.is_set():
            return
        for job in waiting:
            self._start(job)
        self._start_ready()

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
        except Exception:
            log.exception("job failed: %s %s (attempt %d)", job.kind, job.key, job.attempts)
            await self._after_failure(job)

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
