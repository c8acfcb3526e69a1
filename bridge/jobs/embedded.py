"""The embedded engine: a table in the SQLite file, served by the one process that holds the file lock beside it."""

from __future__ import annotations

import asyncio
import fcntl
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO

from bridge.clock import Clock
from bridge.errors import UserFault
from bridge.jobs.gathered import Gathered
from bridge.store import jobs
from bridge.store.database import Transaction, WakeUp
from bridge.store.jobs import Job
from bridge.store.sqlite import SqliteDatabase

_LEASE = timedelta(minutes=10)
#: How often rows of other processes (the command line, a git hook) are looked for.
_LOOK_EVERY = timedelta(milliseconds=500)
_MOST_FINISHED = 200
#: Nobody waits for the end of a job to be written down; seconds.
_BETWEEN_FINISHED = 0.1


class EmbeddedQueue:
    """Jobs in SQLite. `lock_file` is held from `open` to `close`; a crash frees it."""

    def __init__(self, database: SqliteDatabase, *, lock_file: Path, clock: Clock) -> None:
        self._database = database
        self._lock_file = lock_file
        self._clock = clock
        self._lock: IO[bytes] | None = None
        self._news = asyncio.Event()
        self._finished: Gathered[tuple[Job, timedelta | None], None] = Gathered(
            self._finish_many, most=_MOST_FINISHED, pause=_BETWEEN_FINISHED
        )
        database.use_jobs(jobs.enqueue, woken=self._news.set)

    async def open(self) -> None:
        lock = self._lock_file.open("wb")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            lock.close()
            raise UserFault(
                "another process already delivers for this blog (SQLite allows one); stop it first, "
                "or use PostgreSQL to run several"
            ) from error
        self._lock = lock
        await self._database.write(jobs.release_all)

    async def claim(self, limit: int) -> Sequence[Job]:
        now = self._clock()
        due = await self._database.glance(jobs.next_due)
        if due is None or due > now:
            return ()
        return await self._database.write(lambda tx: jobs.claim(tx, now=now, lease=_LEASE, limit=limit))

    def stolen(self) -> Sequence[tuple[str, str]]:
        return ()

    async def finish(self, job: Job, *, again_in: timedelta | None = None) -> None:
        await self._finished.ask((job, again_in))

    async def _finish_many(self, done: Sequence[tuple[Job, timedelta | None]]) -> Sequence[None]:
        def finish(tx: Transaction) -> None:
            jobs.finish(tx, [job.id for job, _ in done])
            for job, again_in in done:
                if again_in is not None:
                    tx.wake(WakeUp(kind=job.kind, key=job.key, due_in=again_in.total_seconds()))

        await self._database.write(finish)
        return [None] * len(done)

    async def put_back(self, job: Job, *, due_at: datetime) -> None:
        await self._database.write(lambda tx: jobs.put_back(tx, job.id, due_at=due_at))

    async def wait(self, at_most: timedelta) -> None:
        try:
            async with asyncio.timeout(min(at_most, _LOOK_EVERY).total_seconds()):
                await self._news.wait()
        except TimeoutError:
            pass  # nothing of this process; other processes' rows are looked for now
        self._news.clear()

    async def close(self) -> None:
        if self._lock is not None:
            self._lock.close()
            self._lock = None
