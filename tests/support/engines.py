"""Both database engines for tests of what stands in tables, each made once for a test run.

A test has a copy, or a database of PostgreSQL that an earlier test gave back.

`tests/conftest.py` makes fixtures of it: `engines`, and `database`, which is on each engine in turn.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

from bridge.jobs import shared
from bridge.store import blogs, jobs
from bridge.store.database import Database
from bridge.store.engines import open_database
from bridge.store.sqlite import SqliteDatabase
from tests.support.databases import PostgresServer, new_sqlite

BOTH = ("sqlite", "postgresql")
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


class Engines:
    """Fresh databases. The server of PostgreSQL is started, and SQLite's tables are made, when first asked for."""

    def __init__(self) -> None:
        self._server: PostgresServer | None = None

    async def new_url(self, engine: str, folder: Path) -> str:
        """The address of a migrated, empty database, as `[database] url` takes it; SQLite's file is in `folder`."""
        if engine == "sqlite":
            return await asyncio.to_thread(new_sqlite, folder)
        if self._server is None:
            self._server = await asyncio.to_thread(PostgresServer)
        return await self._server.new_database()

    @asynccontextmanager
    async def lent(self, engine: str, folder: Path) -> AsyncIterator[str]:
        """The address of one, as `new_url` gives it, for as long as it is used; a later test may have it, emptied."""
        url = await self.new_url(engine, folder)
        yield url
        if self._server is not None and engine == "postgresql":
            await self._server.give_back(url)

    def close(self) -> None:
        """Stop what was started."""
        if self._server is not None:
            self._server.stop()


def open_joined(url: str, folder: Path) -> Database:
    """The database with its jobs engine joined, as `app` opens it."""
    opened = open_database(url, folder=folder)
    opened.use_jobs(jobs.enqueue if isinstance(opened, SqliteDatabase) else shared.enqueue)
    return opened


@asynccontextmanager
async def opened_database(url: str, folder: Path) -> AsyncIterator[Database]:
    """With one blog in it, number 1."""
    opened = open_joined(url, folder)
    try:
        await opened.write(
            lambda tx: blogs.add(tx, url="https://links.example", actor_token="t", acct="links@links.example", now=NOW)
        )
        yield opened
    finally:
        await opened.close()
