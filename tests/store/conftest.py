from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bridge.jobs import shared
from bridge.store import blogs, jobs
from bridge.store.database import Database, SqliteDatabase, Transaction, open_database
from tests.support.databases import PostgresServer, new_sqlite

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


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
    """A migrated database with one blog, on each engine."""
    url = (
        new_sqlite(tmp_path) if request.param == "sqlite" else await (await asyncio.to_thread(postgres)).new_database()
    )
    opened = open_database(url, folder=tmp_path)
    if isinstance(opened, SqliteDatabase):
        opened.use_jobs(jobs.enqueue)
    else:
        opened.use_jobs(shared.enqueue)
    await opened.write(_one_blog)
    yield opened
    await opened.close()


def _one_blog(tx: Transaction) -> None:
    blogs.add(tx, url="https://links.example", actor_token="token", acct="links@links.example", now=NOW)
