"""Transactions: grouped, apart from one another, and durable before they are answered."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
import sqlalchemy as sa

from bridge.errors import DatabaseFault, UserFault
from bridge.store import blocks, changes, entries
from bridge.store.database import Database, Transaction
from bridge.store.engines import open_database
from bridge.store.migrate import migrate
from tests.support.databases import new_sqlite
from tests.support.engines import NOW


def _block(target: str, *, fail: bool = False):
    def work(tx: Transaction) -> bool:
        added = blocks.add(tx, 1, target, reason="", now=NOW)
        if fail:
            raise ValueError(target)
        return added

    return work


async def test_writers_that_wait_together_fail_apart(database: Database) -> None:
    """One transaction's fault takes back its own changes and nobody else's."""
    results = await asyncio.gather(
        *(database.write(_block(f"{n}.example", fail=n % 10 == 3)) for n in range(50)), return_exceptions=True
    )

    failed = [result for result in results if isinstance(result, ValueError)]
    kept = await database.read(lambda tx: blocks.all_of(tx, 1))
    assert (len(failed), len(kept)) == (5, 45)


async def test_a_reader_cannot_write(tmp_path: Path) -> None:
    database = open_database(new_sqlite(tmp_path), folder=tmp_path)
    with pytest.raises(DatabaseFault, match="readonly"):
        await database.read(_block("a.example"))
    await database.close()


async def test_two_processes_may_write_the_same_file(tmp_path: Path) -> None:
    """Two `Database` objects stand for two processes: neither loses a write to a lock."""
    url = new_sqlite(tmp_path)
    one, other = open_database(url, folder=tmp_path), open_database(url, folder=tmp_path)
    await one.write(lambda tx: tx.execute(sa.text("INSERT INTO blogs VALUES (1,'u','t','a','',0,NULL)")))
    await asyncio.gather(*(db.write(_block(f"{n}-{id(db)}.example")) for n in range(100) for db in (one, other)))
    kept = await one.read(lambda tx: blocks.all_of(tx, 1))
    await one.close()
    await other.close()

    assert len(kept) == 200


async def test_a_change_is_told_in_this_process_and_to_others(database: Database) -> None:
    heard: list[frozenset[str]] = []
    database.listen(heard.append)

    await database.write(lambda tx: tx.touch(changes.issue(7)))

    _, topics = await database.read(lambda tx: changes.after(tx, 0))
    assert heard == [frozenset({"issue:7"})]
    assert topics == {"issue:7"}


async def test_a_database_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(UserFault, match="folder of the database does not exist"):
        open_database("sqlite:nowhere/x.db", folder=tmp_path)


def test_a_database_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    url = new_sqlite(tmp_path).replace("sqlite:", "sqlite:///")
    with sa.create_engine(url).begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))

    with pytest.raises(UserFault, match="newer Rundbrief"):
        migrate(url)


async def test_tables_of_an_older_version_are_told_with_what_mends_them(database: Database) -> None:
    """A command of the new version comes before the first start of the new server."""
    await database.write(lambda tx: tx.execute(sa.text("ALTER TABLE entries DROP COLUMN sensitive")))

    with pytest.raises(DatabaseFault, match="next start of `rundbrief serve` brings them up to date"):
        await database.read(lambda tx: entries.in_state(tx, 1, "held", limit=1))
