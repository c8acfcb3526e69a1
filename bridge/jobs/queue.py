"""The queue's face: what an engine must do; `worker` uses it, `app` chooses the engine.

A job only wakes somebody ("bring server X up to date"); what is to be done stands in tables of ours. So a job may be
enqueued freely and run once too often, but is never lost: it is written in the transaction that causes it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from bridge.store.jobs import Job

#: Runs one job; returns how long to wait before it should run again, or None.
Handler = Callable[[str], Awaitable[timedelta | None]]


class Queue(Protocol):
    """Where jobs wait."""

    async def open(self) -> None:
        """Take up work: release what a dead worker held. Raises UserFault if another worker holds the queue."""

    async def claim(self, limit: int) -> Sequence[Job]:
        """Up to `limit` due jobs, the most urgent first; they are ours until finished or put back."""

    async def finish(self, job: Job, *, again_in: timedelta | None = None) -> None:
        """The job is done; with `again_in` the same is to run again then."""

    async def put_back(self, job: Job, *, due_at: datetime) -> None:
        """The job failed in a way that was not foreseen; try it again then."""

    def stolen(self) -> Sequence[tuple[str, str]]:
        """Kind and key of jobs that were ours and are another worker's now: the connection was lost meanwhile."""

    async def wait(self, at_most: timedelta) -> None:
        """Sleep until there may be work."""

    async def close(self) -> None:
        """Let go of the queue."""
