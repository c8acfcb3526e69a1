"""Due jobs -> their handlers, many at once, until told to stop; `app` fills the table of handlers."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from datetime import timedelta

from bridge.clock import Clock
from bridge.jobs.queue import Handler, Queue
from bridge.store.jobs import Job

log = logging.getLogger(__name__)

_IDLE = timedelta(seconds=1)
_POISON = 10
_LONGEST_WAIT = timedelta(hours=1)


class Worker:
    """Runs up to `concurrency` jobs at once; never two with the same kind and key."""

    def __init__(self, queue: Queue, handlers: Mapping[str, Handler], *, concurrency: int, clock: Clock) -> None:
        self._queue = queue
        self._handlers = handlers
        self._room = concurrency
        self._clock = clock
        self._running: dict[tuple[str, str], asyncio.Task[None]] = {}
        self._again: dict[tuple[str, str], list[Job]] = {}
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        """Take up nothing more; `run` returns when what is in flight is done."""
        self._stopping.set()

    async def run(self, *, grace: timedelta) -> None:
        """Work until `stop`, then wait up to `grace` for what is in flight."""
        while not self._stopping.is_set():
            room = self._room - len(self._running)
            taken = await self._queue.claim(room) if room > 0 else ()
            for job in taken:
                self._start(job)
            if room <= 0:
                await asyncio.wait(self._running.values(), return_when=asyncio.FIRST_COMPLETED)
            elif not taken:
                await self._queue.wait(_IDLE)
        if self._running:
            _, late = await asyncio.wait(self._running.values(), timeout=grace.total_seconds())
            for task in late:
                task.cancel()

    def _start(self, job: Job) -> None:
        place = (job.kind, job.key)
        if place in self._running:
            # The running one may have read its tables already: it runs once more, so no wake-up is lost.
            self._again.setdefault(place, []).append(job)
            return
        task = asyncio.create_task(self._run(job), name=f"{job.kind} {job.key}")
        self._running[place] = task
        task.add_done_callback(lambda _: self._ended(place))

    def _ended(self, place: tuple[str, str]) -> None:
        del self._running[place]
        waiting = self._again.pop(place, [])
        if waiting and not self._stopping.is_set():
            self._start(waiting[0])
            for job in waiting[1:]:
                self._start(job)

    async def _run(self, job: Job) -> None:
        handler = self._handlers.get(job.kind)
        try:
            if handler is None:
                log.error("a job of a kind nobody handles was dropped: %s %s", job.kind, job.key)
                await self._queue.finish(job)
                return
            again_in = await handler(job.key)
            await self._queue.finish(job, again_in=again_in)
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
