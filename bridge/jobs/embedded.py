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
from bridge.store import jobs
from bridge.store.database import SqliteDatabase, Transaction, WakeUp
from bridge.store.jobs import Job

_LEASE = timedelta(minutes=10)
#: How often rows of other processes (the command line, a git hook) are looked for.
_LOOK_EVERY = timedelta(milliseconds=500)


class EmbeddedQueue:
    """Jobs in SQLite. `lock_file` is held from `open` to `close`; a crash frees it."""

    def __init__(self, database: SqliteDatabase, *, lock_file: Path, clock: Clock) -> None:
        self._database = database
        self._lock_file = lock_file
        self._clock = clock
        self._lock: IO[bytes] | None = None
        self._news = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        database.use_jobs(self._enqueue)

    def _enqueue(self, tx: Transaction, wake_ups: Sequence[WakeUp]) -> None:
        jobs.enqueue(tx, wake_ups)
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._news.set)

    async def open(self) -> None:
        self._loop = asyncio.get_running_loop()
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
        due = await self._database.read(jobs.next_due)
        if due is None or due > now:
            return ()
        return await self._database.write(lambda tx: jobs.claim(tx, now=now, lease=_LEASE, limit=limit))

    async def finish(self, job: Job, *, again_in: timedelta | None = None) -> None:
        def done(tx: Transaction) -> None:
            jobs.finish(tx, [job.id])
            if again_in is not None:
                tx.wake(WakeUp(kind=job.kind, key=job.key, due_in=again_in.total_seconds()))

        await self._database.write(done)

    async def put_back(self, job: Job, *, due_at: datetime) -> None:
        await self._database.write(lambda tx: jobs.put_back(tx, job.id, due_at=due_at))

    async def wait(self, at_most: timedelta) -> None:
        self._news.clear()
        try:
            async with asyncio.timeout(min(at_most, _LOOK_EVERY).total_seconds()):
                await self._news.wait()
        except TimeoutError:
            pass  # nothing of this process; other processes' rows are looked for now

    async def close(self) -> None:
        if self._lock is not None:
            self._lock.close()
            self._lock = None
