from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from bridge.clock import utc_now
from bridge.jobs import shared
from bridge.jobs.embedded import EmbeddedQueue
from bridge.jobs.queue import Queue
from bridge.store import jobs
from bridge.store.database import Database, SqliteDatabase, open_database
from tests.support.databases import PostgresServer, new_sqlite

KIND = "deliver"


@pytest.fixture(scope="session")
def postgres() -> Callable[[], PostgresServer]:
    """Starts the server when it is first asked for."""
    started: list[PostgresServer] = []

    def server() -> PostgresServer:
        if not started:
            started.append(PostgresServer())
        return started[0]

    yield server
    for one in started:
        one.stop()


@pytest.fixture(params=["sqlite", "postgresql"])
async def database(request, postgres, tmp_path: Path) -> AsyncIterator[Database]:
    """A migrated database on each engine, joined to its jobs engine."""
    url = (
        new_sqlite(tmp_path) if request.param == "sqlite" else await (await asyncio.to_thread(postgres)).new_database()
    )
    opened = open_database(url, folder=tmp_path)
    if isinstance(opened, SqliteDatabase):
        opened.use_jobs(jobs.enqueue)
    else:
        opened.use_jobs(shared.enqueue)
    yield opened
    await opened.close()


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
