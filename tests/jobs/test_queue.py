"""Both engines behind the one face: nothing is lost, nothing runs before its time, one key has one worker."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa

from bridge.clock import utc_now
from bridge.errors import UserFault
from bridge.jobs.queue import Queue
from bridge.jobs.shared import SharedQueue
from bridge.store import jobs
from bridge.store.database import Database, Transaction, WakeUp
from bridge.store.jobs import Job
from bridge.store.sqlite import SqliteDatabase

from .conftest import KIND


def _wake(*keys: str, due_in: float = 0, priority: int = 0) -> Callable[[Transaction], None]:
    def ask(tx: Transaction) -> None:
        for key in keys:
            tx.wake(WakeUp(kind=KIND, key=key, due_in=due_in, priority=priority))

    return ask


async def _claimed(queue: Queue, count: int) -> list[Job]:
    """So many jobs, taken in as many turns as it needs."""
    found: list[Job] = []
    async with asyncio.timeout(10):
        while len(found) < count:
            found += await queue.claim(100)
            if len(found) < count:
                await queue.wait(timedelta(seconds=0.2))
    return found


async def _end_connections(database: Database, queue: Queue) -> None:
    """End the queue's connection from the server's side, as a restart of the server or a firewall does."""
    assert isinstance(queue, SharedQueue)
    connection = queue._connection
    assert connection is not None
    ended = asyncio.Event()
    connection.add_termination_listener(lambda _: ended.set())
    pid = connection.get_server_pid()
    await database.write(lambda tx: tx.execute(sa.select(sa.func.pg_terminate_backend(pid))))
    async with asyncio.timeout(10):
        await ended.wait()


async def test_a_wake_up_exists_if_and_only_if_its_transaction_commits(database: Database, queue: Queue) -> None:
    def fail(tx: Transaction) -> None:
        _wake("lost.example")(tx)
        raise ValueError("taken back")

    with pytest.raises(ValueError, match="taken back"):
        await database.write(fail)
    await database.write(_wake("kept.example"))

    assert [job.key for job in await _claimed(queue, 1)] == ["kept.example"]
    assert not await queue.claim(100)


async def test_what_is_urgent_goes_first(database: Database, queue: Queue) -> None:
    await database.write(_wake("fan-out.example"))
    await database.write(_wake("accept.example", priority=10))

    assert [job.key for job in await _claimed(queue, 2)] == ["accept.example", "fan-out.example"]


async def test_nothing_runs_before_its_time(database: Database, queue: Queue) -> None:
    await database.write(_wake("later.example", due_in=0.5))

    assert not await queue.claim(100)
    assert [job.key for job in await _claimed(queue, 1)] == ["later.example"]


async def test_a_finished_job_is_gone_and_an_unfinished_one_comes_back(database: Database, queue: Queue) -> None:
    await database.write(_wake("a.example", "b.example"))
    first, second = await _claimed(queue, 2)

    await queue.finish(first)
    await queue.put_back(second, due_at=utc_now())

    assert [job.key for job in await _claimed(queue, 1)] == [second.key]


async def test_a_job_can_ask_to_run_again(database: Database, queue: Queue) -> None:
    await database.write(_wake("a.example"))
    (job,) = await _claimed(queue, 1)

    await queue.finish(job, again_in=timedelta(seconds=0.3))

    assert not await queue.claim(100)
    assert [again.key for again in await _claimed(queue, 1)] == ["a.example"]


async def test_wake_ups_are_never_taken_for_the_same(database: Database, queue: Queue) -> None:
    """A second wake-up may mean something that the first one's run has not seen."""
    await database.write(_wake("a.example"))
    await _claimed(queue, 1)
    await database.write(_wake("a.example"))

    assert [job.key for job in await _claimed(queue, 1)] == ["a.example"]


async def test_the_depth_and_age_of_the_queue_can_be_told(database: Database, queue: Queue) -> None:
    await database.write(_wake("a.example", "b.example"))

    depth, oldest = await database.read(lambda tx: jobs.waiting(tx, now=utc_now()))

    assert depth == 2
    assert oldest is not None
    assert abs(oldest - utc_now()) < timedelta(seconds=10)


async def test_who_holds_a_job_can_be_asked(database: Database, queue: Queue) -> None:
    await database.write(_wake("held.example"))
    await _claimed(queue, 1)
    await database.write(_wake("free.example"))

    assert await database.read(lambda tx: jobs.running_keys(tx, KIND)) == {"held.example"}
    assert await database.read(lambda tx: jobs.queued_keys(tx, KIND)) == {"free.example"}


async def test_one_key_has_one_worker(database: Database, queue: Queue, new_queue: Callable[[], Queue]) -> None:
    """With SQLite there is one worker; with PostgreSQL another waits until the first has finished."""
    other = new_queue()
    if isinstance(database, SqliteDatabase):
        with pytest.raises(UserFault, match="another process already delivers"):
            await other.open()
        return
    await other.open()
    await database.write(_wake("a.example"))
    (job,) = await _claimed(queue, 1)
    await database.write(_wake("a.example"))

    assert not await other.claim(100)
    await queue.finish(job)
    assert [again.key for again in await _claimed(other, 1)] == ["a.example"]
    await other.close()


async def test_a_crashed_workers_jobs_are_taken_up(
    database: Database, queue: Queue, new_queue: Callable[[], Queue]
) -> None:
    await database.write(_wake("a.example"))
    await _claimed(queue, 1)
    await queue.close()  # its locks go with it, and the job is not finished

    other = new_queue()
    await other.open()
    if not isinstance(database, SqliteDatabase):
        await database.write(_wake("a.example"))  # what the sweep does at each start

    assert [job.key for job in await _claimed(other, 1)] == ["a.example"]
    await other.close()


async def test_a_job_that_was_put_back_says_how_often_it_was_tried(database: Database, queue: Queue) -> None:
    await database.write(_wake("a.example"))
    (job,) = await _claimed(queue, 1)

    await queue.put_back(job, due_at=utc_now())

    (again,) = await _claimed(queue, 1)
    assert (job.attempts, again.attempts) == (1, 2)


async def test_a_lost_connection_costs_no_job_and_no_lock(
    database: Database, queue: Queue, new_queue: Callable[[], Queue]
) -> None:
    """What ran goes on and ends; nobody else gets its key meanwhile, however often it was asked for."""
    if isinstance(database, SqliteDatabase):
        pytest.skip("a file has no connection that others could end")
    other = new_queue()
    await other.open()
    await database.write(_wake("a.example"))
    await database.write(_wake("a.example"))
    first, second = await _claimed(queue, 2)

    await _end_connections(database, queue)
    await database.write(_wake("b.example"))
    assert [job.key for job in await _claimed(queue, 1)] == ["b.example"]
    await queue.finish(first)

    assert not queue.stolen()
    await database.write(_wake("a.example"))
    assert not await other.claim(100), "the second job of this key is not done"
    await queue.finish(second)
    assert [job.key for job in await _claimed(other, 1)] == ["a.example"]
    await other.close()


async def test_what_another_worker_locked_meanwhile_is_its_and_ours_no_more(
    database: Database, queue: Queue, new_queue: Callable[[], Queue]
) -> None:
    if isinstance(database, SqliteDatabase):
        pytest.skip("one process works")
    other = new_queue()
    await other.open()
    await database.write(_wake("a.example"))
    (ours,) = await _claimed(queue, 1)
    await database.write(_wake("a.example"))

    await _end_connections(database, queue)
    (theirs,) = await _claimed(other, 1)
    assert not await queue.claim(100)

    assert list(queue.stolen()) == [(KIND, "a.example")]
    await queue.finish(ours)
    await database.write(_wake("a.example"))
    assert not await queue.claim(100), "the other one holds it, and our end did not take it away"
    await other.finish(theirs)
    assert [job.key for job in await _claimed(queue, 1)] == ["a.example"]
    await other.close()
