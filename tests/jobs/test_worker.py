"""The worker: many jobs at once, no more than there is room for, and what was asked for meanwhile once more."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from bridge.clock import utc_now
from bridge.errors import DatabaseFault
from bridge.jobs import worker
from bridge.jobs.worker import Worker
from bridge.store.jobs import Job


class ListedQueue:
    """A queue of jobs that are listed beforehand."""

    def __init__(self, *keys: str) -> None:
        self.left = [Job(id=number, kind="deliver", key=key, attempts=1) for number, key in enumerate(keys)]
        self.taken: list[int] = []
        self.finished: list[str] = []
        self.put_back_at: list[datetime] = []
        self.is_away = 0  #: how often the database does not answer from now on
        self.is_done = asyncio.Event()
        self._until = len(keys)

    def is_done_after(self, count: int) -> None:
        """Say so when so many have ended."""
        self._until = count

    async def open(self) -> None:
        """Nothing to take up."""

    async def claim(self, limit: int) -> Sequence[Job]:
        found, self.left = self.left[:limit], self.left[limit:]
        if found:
            self.taken.append(len(found))
        return found

    async def finish(self, job: Job, *, again_in: timedelta | None = None) -> None:
        assert again_in is None
        self.finished.append(job.key)
        if len(self.finished) == self._until:
            self.is_done.set()

    async def put_back(self, job: Job, *, due_at: datetime) -> None:
        if self.is_away:
            self.is_away -= 1
            raise DatabaseFault("the queue does not answer")
        self.put_back_at.append(due_at)
        self.left.append(replace(job, attempts=job.attempts + 1))

    def stolen(self) -> Sequence[tuple[str, str]]:
        return ()

    async def wait(self, at_most: timedelta) -> None:
        await asyncio.sleep(min(at_most.total_seconds(), 0.01))

    async def close(self) -> None:
        """Nothing to let go of."""


async def _run(queue: ListedQueue, handler: object, *, room: int) -> None:
    made = Worker(queue, {"deliver": handler}, room=lambda: room, clock=utc_now)  # type: ignore[dict-item]
    working = asyncio.create_task(made.run(grace=timedelta(seconds=5)))
    async with asyncio.timeout(10):
        await queue.is_done.wait()
    made.stop()
    await working


async def test_no_more_jobs_run_at_once_than_there_is_room_for() -> None:
    running, most = 0, 0

    async def handle(_key: str) -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.01)
        running -= 1

    queue = ListedQueue(*[f"{number}.example" for number in range(300)])
    await _run(queue, handle, room=100)

    assert 64 <= most <= 100


async def test_jobs_are_taken_many_at_once_while_others_run() -> None:
    async def handle(key: str) -> None:
        await asyncio.sleep(int(key.partition(".")[0]) % 7 / 1000)

    queue = ListedQueue(*[f"{number}.example" for number in range(640)])
    await _run(queue, handle, room=200)

    assert len(queue.taken) == 10


async def test_jobs_that_never_end_hold_up_the_others_for_a_moment_only() -> None:
    """Less than a batch of room is left for good: what fits is taken all the same."""
    ends = asyncio.Event()

    async def handle(key: str) -> None:
        if key.startswith("hang"):
            await ends.wait()

    queue = ListedQueue(*[f"hang{number}.example" for number in range(64)], "b.example", "c.example")
    queue.is_done_after(2)
    made = Worker(queue, {"deliver": handle}, room=lambda: 70, clock=utc_now)
    working = asyncio.create_task(made.run(grace=timedelta(seconds=5)))
    async with asyncio.timeout(10):
        await queue.is_done.wait()
    ends.set()
    made.stop()
    await working

    assert queue.finished[:2] == ["b.example", "c.example"]


async def test_a_wake_up_for_what_runs_is_heard_when_it_has_ended() -> None:
    began = 0

    async def handle(_key: str) -> None:
        nonlocal began
        began += 1
        assert began == len(queue.finished) + 1, "two ran at once"
        await asyncio.sleep(0.01)

    queue = ListedQueue("a.example", "a.example", "a.example")
    await _run(queue, handle, room=100)

    assert began == 3


async def test_a_job_that_the_database_kept_from_ending_runs_again_once_it_answers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It is given back as soon as that is possible, and not when a lease ends."""
    monkeypatch.setattr(worker, "_AFTER_A_FAULT", 0.01)
    queue = ListedQueue("a.example")
    queue.is_away = 3
    runs: list[str] = []

    async def handle(key: str) -> None:
        runs.append(key)
        if len(runs) == 1:
            raise DatabaseFault("the database failed")

    await _run(queue, handle, room=100)

    assert runs == ["a.example"] * 2
    assert queue.is_away == 0


async def test_a_job_that_fails_is_tried_less_and_less_often_and_dropped_at_last(
    caplog: pytest.LogCaptureFixture,
) -> None:
    queue = ListedQueue("poison.example")

    async def handle(_key: str) -> None:
        raise ValueError("never works")

    await _run(queue, handle, room=100)

    waits = [(at - queue.put_back_at[0]).total_seconds() for at in queue.put_back_at]
    assert len(waits) == 9
    assert waits == sorted(waits)
    assert 2400 < waits[-1] < 3700
    assert queue.finished == ["poison.example"]
    assert "gave up the job deliver poison.example" in caplog.text
