"""Brief work in the event loop, long work in the thread: in turns, and nothing is answered before its commit."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from bridge.store import blocks, jobs
from bridge.store.database import Database, Transaction, WakeUp
from bridge.store.engines import open_database
from bridge.store.sqlite import SqliteDatabase, sqlite_path
from tests.support.databases import new_sqlite

NOW = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    opened = open_database(new_sqlite(tmp_path), folder=tmp_path)
    opened.use_jobs(jobs.enqueue)
    await opened.write(lambda tx: tx.execute(sa.text("INSERT INTO blogs VALUES (1,'u','t','a','',0,NULL)")))
    yield opened
    await opened.close()


def block(target: str, *, fail: bool = False) -> Callable[[Transaction], str]:
    """Writes a row, and says in which thread."""

    def work(tx: Transaction) -> str:
        blocks.add(tx, 1, target, reason="", now=NOW)
        if fail:
            raise ValueError(target)
        return threading.current_thread().name

    return work


def kept(tx: Transaction) -> list[str]:
    return [target for target, _ in blocks.all_of(tx, 1)]


async def test_brief_work_needs_no_other_thread_and_long_work_has_one(database: Database) -> None:
    assert await database.jot(block("brief.example")) == threading.current_thread().name
    assert await database.write(block("long.example")) == "sqlite-write"


async def test_a_brief_function_that_fails_takes_only_itself_back(database: Database) -> None:
    work = [block(f"{number}.example", fail=number == 2) for number in range(5)]

    ended = await asyncio.gather(*map(database.jot, work), return_exceptions=True)

    assert [isinstance(one, ValueError) for one in ended] == [False, False, True, False, False]
    assert await database.read(kept) == ["0.example", "1.example", "3.example", "4.example"]


async def test_what_is_answered_is_there_for_another_process(database: Database, tmp_path: Path) -> None:
    path = sqlite_path(database.url.replace("sqlite:///", "sqlite:"), folder=tmp_path)
    for number in range(20):
        await database.jot(block(f"{number}.example"))
        with sqlite3.connect(path) as other:
            (count,) = other.execute("SELECT count(*) FROM blocks").fetchone()
        assert count == number + 1


async def test_brief_work_waits_in_the_thread_while_another_process_writes(database: Database, tmp_path: Path) -> None:
    path = sqlite_path(database.url.replace("sqlite:///", "sqlite:"), folder=tmp_path)
    with sqlite3.connect(path, isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        waiting = asyncio.create_task(database.jot(block("late.example")))
        for _ in range(10):  # the event loop goes on meanwhile
            await asyncio.sleep(0)
        other.execute("COMMIT")

    assert await waiting == "sqlite-write"
    assert await database.read(kept) == ["late.example"]


async def test_work_is_done_in_the_order_in_which_it_was_asked_for(database: Database) -> None:
    done: list[int] = []

    def note(number: int) -> Callable[[Transaction], None]:
        return lambda tx: done.append(number)

    ways = (database.jot, database.write)
    await asyncio.gather(*(ways[number % 3 == 0](note(number)) for number in range(300)))

    assert done == sorted(done)
    assert len(done) == 300


async def test_closing_finishes_what_was_asked_for(tmp_path: Path) -> None:
    url = new_sqlite(tmp_path)
    first = open_database(url, folder=tmp_path)
    await first.write(lambda tx: tx.execute(sa.text("INSERT INTO blogs VALUES (1,'u','t','a','',0,NULL)")))
    asked = [asyncio.create_task(first.jot(block(f"{number}.example"))) for number in range(100)]
    await asyncio.sleep(0)

    await first.close()

    assert all(task.done() for task in asked)
    second = open_database(url, folder=tmp_path)
    assert len(await second.read(kept)) == 100
    await second.close()


async def test_jobs_are_there_when_who_does_them_is_told(tmp_path: Path) -> None:
    """Told any earlier they would look in vain, and again only after a while."""
    url = new_sqlite(tmp_path)
    seen: list[int] = []

    def look() -> None:
        with sqlite3.connect(sqlite_path(url, folder=tmp_path)) as other:
            seen.extend(other.execute("SELECT count(*) FROM jobs").fetchone())

    opened = SqliteDatabase(sqlite_path(url, folder=tmp_path))
    opened.use_jobs(jobs.enqueue, woken=look)
    await opened.jot(lambda tx: tx.wake(WakeUp(kind="deliver", key="a.example")))
    await opened.jot(lambda tx: None)
    await opened.write(lambda tx: tx.wake(WakeUp(kind="deliver", key="b.example")))
    await opened.close()

    assert seen == [1, 2]
