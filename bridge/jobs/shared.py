"""The shared engine: PgQueuer's tables on PostgreSQL, for several processes on several machines behind the same face.

One connection of the worker does everything: it takes and finishes jobs, hears of new ones, and holds the advisory
lock of every job it runs (one server, one sender). A crash closes it, which frees the locks at once. A job whose lock
another worker holds is looked at again shortly. PgQueuer's dedupe key is not used: it would drop a wake-up while the
job it wakes is running.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import uuid
import zlib
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

import asyncpg
import sqlalchemy as sa
from pgqueuer.adapters.drivers.asyncpg import AsyncpgDriver
from pgqueuer.adapters.persistence.queries import Queries
from pgqueuer.domain import models
from pgqueuer.domain.types import QueueEntrypoint, QueueManagerId
from pgqueuer.ports.repository import EntrypointExecutionParameter
from sqlalchemy.ext.asyncio import AsyncConnection

from bridge.clock import Clock
from bridge.errors import DatabaseFault
from bridge.jobs.gathered import Gathered
from bridge.store.database import WakeUp
from bridge.store.jobs import Job
from bridge.store.postgres import PostgresDatabase

log = logging.getLogger(__name__)

_HEARTBEAT = 5.0  #: seconds
_STALE_AFTER = timedelta(seconds=30)
_LOCKED_ELSEWHERE = timedelta(seconds=2)
_LOOK_EVERY = timedelta(seconds=1)
_MOST_FINISHED = 200
#: Nobody waits for the end of a job to be written down; seconds.
_BETWEEN_FINISHED = 0.1
#: The first of the two numbers of our advisory locks; the transactions' own are 7.
_LOCK_SPACE = 8

_UNLOCK = "SELECT pg_advisory_unlock($1, n) FROM unnest($2::int[]) AS n"
_LOCK = "SELECT n, pg_try_advisory_lock($1, n) AS held FROM unnest($2::int[]) AS n"

_Place = tuple[str, str]
_NO_ANSWER = (asyncpg.PostgresError, asyncpg.InterfaceError, OSError)


class SharedQueue:
    """Jobs in PostgreSQL, of the given kinds."""

    def __init__(self, database: PostgresDatabase, *, kinds: Sequence[str], clock: Clock) -> None:
        self._url = database.url
        self._clock = clock
        self._kinds = {QueueEntrypoint(kind): EntrypointExecutionParameter(concurrency_limit=0) for kind in kinds}
        self._name = QueueManagerId(uuid.uuid4())
        self._news = asyncio.Event()
        self._connection: asyncpg.Connection | None = None
        self._queries: Queries | None = None
        self._using = asyncio.Lock()
        self._held: Counter[_Place] = Counter()
        self._jobs: dict[int, models.Job] = {}
        self._stolen: list[_Place] = []
        self._beating: asyncio.Task[None] | None = None
        self._finished: Gathered[tuple[Job, timedelta | None], None] = Gathered(
            self._finish_many, most=_MOST_FINISHED, pause=_BETWEEN_FINISHED
        )

    async def open(self) -> None:
        await self._connected()
        self._beating = asyncio.create_task(self._beat())

    async def claim(self, limit: int) -> Sequence[Job]:
        try:
            async with self._using:
                queries = await self._connected()
                taken = await queries.dequeue(limit, self._kinds, self._name, None, _STALE_AFTER)
                mine, others = await self._lock([_place(job) for job in taken])
                await _look_again(queries, [job for job in taken if _place(job) in others])
        except _NO_ANSWER as error:
            raise DatabaseFault(f"the queue does not answer: {error}") from error
        ours = [job for job in taken if _place(job) in mine]
        self._jobs.update((job.id, job) for job in ours)
        return [Job(id=job.id, kind=job.entrypoint, key=_place(job)[1], attempts=job.attempts + 1) for job in ours]

    def stolen(self) -> Sequence[tuple[str, str]]:
        found, self._stolen = self._stolen, []
        return found

    async def finish(self, job: Job, *, again_in: timedelta | None = None) -> None:
        await self._finished.ask((job, again_in))

    async def put_back(self, job: Job, *, due_at: datetime) -> None:
        wait = max(due_at - self._clock(), timedelta(0))
        try:
            async with self._using:
                queries = await self._connected()
                if (known := self._jobs.get(job.id)) is not None:
                    await queries.retry_job(known, wait, None)
                    await self._let_go(queries, [known])
        except _NO_ANSWER as error:
            raise DatabaseFault(f"the queue does not answer: {error}") from error

    async def wait(self, at_most: timedelta) -> None:
        try:
            async with asyncio.timeout(min(at_most, _LOOK_EVERY).total_seconds()):
                await self._news.wait()
        except TimeoutError:
            pass  # what is due by time is nobody's news
        self._news.clear()

    async def close(self) -> None:
        if self._beating is not None:
            self._beating.cancel()
            await asyncio.gather(self._beating, return_exceptions=True)
        if self._connection is not None:
            with contextlib.suppress(*_NO_ANSWER):
                await self._connection.close(timeout=2)
            self._connection = None

    async def _finish_many(self, done: Sequence[tuple[Job, timedelta | None]]) -> Sequence[None]:
        again = [
            WakeUp(kind=job.kind, key=job.key, due_in=wait.total_seconds()) for job, wait in done if wait is not None
        ]
        try:
            async with self._using:
                queries = await self._connected()
                known = [found for job, _ in done if (found := self._jobs.get(job.id)) is not None]
                # First the next wake-up, then the end of this one: a crash between them wakes twice, never not at all.
                if again:
                    await _enqueue(queries, again)
                await queries.log_jobs([(job, "successful", None) for job in known])
                await self._let_go(queries, known)
        except _NO_ANSWER as error:
            raise DatabaseFault(f"the queue does not answer: {error}") from error
        return [None] * len(done)

    async def _let_go(self, queries: Queries, jobs: Sequence[models.Job]) -> None:
        """These are ours no more. What fails before this stays ours, and is given back once the database answers."""
        places = [_place(job) for job in jobs]
        await queries.driver.fetch(_UNLOCK, _LOCK_SPACE, [_number(place) for place in places])
        self._held.subtract(places)
        self._held += Counter()  # drops what is at zero
        for job in jobs:
            del self._jobs[job.id]

    async def _connected(self) -> Queries:
        """The one connection, made again when it was lost; then the locks of what runs are taken again first.

        What another worker was quicker to lock is its from now on: its row shows no more that we live.
        """
        if self._connection is None or self._connection.is_closed() or self._queries is None:
            self._connection = await asyncpg.connect(self._url, timeout=5)
            self._queries = Queries(AsyncpgDriver(self._connection))
            _, lost = await self._lock(list(self._held.elements()), count=False)
            self._stolen += list(lost)
            self._held = Counter({place: count for place, count in self._held.items() if place not in lost})
            self._jobs = {number: job for number, job in self._jobs.items() if _place(job) not in lost}
            await self._connection.add_listener(self._queries.qbq.settings.channel, self._hear)
            self._news.set()
        return self._queries

    async def _lock(self, places: Sequence[_Place], *, count: bool = True) -> tuple[set[_Place], set[_Place]]:
        """Try to hold each; which are ours and which another's. A place that appears twice is held twice."""
        if not places or self._queries is None:
            return set(), set()
        numbers = [_number(place) for place in places]
        answers = await self._queries.driver.fetch(_LOCK, _LOCK_SPACE, numbers)
        held = {row["n"] for row in answers if row["held"]}
        mine = {place for place in places if _number(place) in held}
        if count:
            self._held.update(place for place in places if place in mine)
        return mine, set(places) - mine

    def _hear(self, _connection: object, _pid: int, _channel: str, payload: object) -> None:
        if "insert" in str(payload):
            self._news.set()

    async def _beat(self) -> None:
        """Show that what we hold is being worked on."""
        while True:
            await asyncio.sleep(_HEARTBEAT)
            if not self._jobs:
                continue
            try:
                async with self._using:
                    await (await self._connected()).update_heartbeat([job.id for job in self._jobs.values()])
            except _NO_ANSWER as error:
                log.error("the queue does not answer: %s", error)


async def enqueue(connection: AsyncConnection, wake_ups: Sequence[WakeUp]) -> None:
    """Write the wake-ups of a transaction, in that transaction."""
    raw = (await connection.get_raw_connection()).driver_connection
    if raw is None or not raw.is_in_transaction():
        # SQLAlchemy begins with the first statement; without it this would commit by itself.
        await connection.execute(sa.text("SELECT 1"))
    await _enqueue(Queries(AsyncpgDriver(raw)), wake_ups)


async def _enqueue(queries: Queries, wake_ups: Sequence[WakeUp]) -> None:
    await queries.enqueue(
        [wake.kind for wake in wake_ups],
        [wake.key.encode() for wake in wake_ups],
        [wake.priority for wake in wake_ups],
        [timedelta(seconds=wake.due_in) for wake in wake_ups],
    )


async def _look_again(queries: Queries, jobs: Sequence[models.Job]) -> None:
    """Another worker holds their locks: shortly there is the same to do once more, which is no failed attempt."""
    if jobs:
        wait = _LOCKED_ELSEWHERE.total_seconds()
        places = [(*_place(job), job.priority) for job in jobs]
        await _enqueue(queries, [WakeUp(kind=kind, key=key, priority=high, due_in=wait) for kind, key, high in places])
        await queries.log_jobs([(job, "successful", None) for job in jobs])


def _place(job: models.Job) -> _Place:
    return job.entrypoint, (job.payload or b"").decode()


def _number(place: _Place) -> int:
    """The lock's number. Two places with the same one only wait for each other."""
    return zlib.crc32(f"{place[0]} {place[1]}".encode()) - 2**31
