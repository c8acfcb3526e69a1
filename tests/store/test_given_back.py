"""The tests' own PostgreSQL: who gets a database that another test had cannot tell it from a new one."""

from __future__ import annotations

from pathlib import Path

import asyncpg
import sqlalchemy as sa

from bridge.store.database import Transaction, WakeUp
from tests.support.engines import Engines, opened_database
from tests.support.inboxes import publish_issue


async def contents(url: str) -> dict[str, object]:
    """How many rows each table has, and where each sequence stands."""
    connection = await asyncpg.connect(url)
    try:
        tables = await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        found = {name: await connection.fetchval(f'SELECT count(*) FROM "{name}"') for (name,) in tables}
        return found | dict(await connection.fetch("SELECT sequencename, last_value FROM pg_sequences"))
    finally:
        await connection.close()


async def test_a_database_given_back_is_as_new_and_one_with_other_tables_is_never_given_again(
    engines: Engines, tmp_path: Path
) -> None:
    def fill(tx: Transaction) -> None:
        publish_issue(tx)
        tx.wake(WakeUp(kind="deliver", key="a.example"))

    async with engines.lent("postgresql", tmp_path) as first:
        new = await contents(first)
        async with opened_database(first, tmp_path) as database:
            await database.write(fill)
        left_open = await asyncpg.connect(first)
        assert await contents(first) != new
    async with engines.lent("postgresql", tmp_path) as again:
        assert again == first
        assert await contents(again) == new
        assert left_open.is_closed()
        async with opened_database(again, tmp_path) as database:
            await database.write(lambda tx: tx.execute(sa.text("ALTER TABLE entries DROP COLUMN sensitive")))

    async with engines.lent("postgresql", tmp_path) as third:
        assert third != first
        assert await contents(third) == new
