from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from bridge.clock import utc_now
from bridge.jobs import shared
from bridge.jobs.embedded import EmbeddedQueue
from bridge.jobs.queue import Queue
from bridge.store.database import Database
from bridge.store.sqlite import SqliteDatabase

KIND = "deliver"


@pytest.fixture
def new_queue(database: Database, tmp_path: Path) -> Callable[[], Queue]:
    """Another worker's queue on the same database."""

    def make() -> Queue:
        if isinstance(database, SqliteDatabase):
            return EmbeddedQueue(database, lock_file=tmp_path / "work.lock", clock=utc_now)
        return shared.SharedQueue(database, kinds=[KIND], clock=utc_now)

    return make


@pytest.fixture
async def queue(new_queue: Callable[[], Queue]) -> AsyncIterator[Queue]:
    """An open queue."""
    opened = new_queue()
    await opened.open()
    yield opened
    await opened.close()
