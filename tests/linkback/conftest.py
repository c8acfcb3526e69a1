from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bridge.store import blogs, jobs
from bridge.store.database import Database, SqliteDatabase, open_database
from tests.support.databases import new_sqlite
from tests.support.inboxes import NOW
from tests.support.linkback_desks import Desk, desk_on
from tests.support.local_servers import Peer, serving


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty database, which each test copies: making its tables takes a while."""
    folder = tmp_path_factory.mktemp("migrated")
    new_sqlite(folder)
    return folder / "rundbrief.db"


@pytest.fixture
async def database(migrated: Path, tmp_path: Path) -> AsyncIterator[Database]:
    shutil.copy(migrated, tmp_path)
    opened = open_database("sqlite:rundbrief.db", folder=tmp_path)
    assert isinstance(opened, SqliteDatabase)
    opened.use_jobs(jobs.enqueue)
    await opened.write(
        lambda tx: blogs.add(tx, url="https://links.example", actor_token="token", acct="links@links.example", now=NOW)
    )
    yield opened
    await opened.close()


@pytest.fixture
async def desk(database: Database, tmp_path: Path) -> AsyncIterator[Desk]:
    async with desk_on(database, tmp_path) as made:
        yield made


@pytest.fixture
async def blog() -> AsyncIterator[Peer]:
    """Another site, `http://blog.test:PORT`."""
    async with serving() as running:
        running.origin = running.origin.replace("127.0.0.1", "blog.test")
        yield running


@pytest.fixture
async def other() -> AsyncIterator[Peer]:
    """One more, `http://other.test:PORT`."""
    async with serving() as running:
        running.origin = running.origin.replace("127.0.0.1", "other.test")
        yield running
