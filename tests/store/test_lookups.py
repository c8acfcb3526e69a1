"""What is looked up for everything that comes in costs as much among many entries as among few."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from bridge.store import blocks, blogs, entries, facts, jobs, places, received, schema
from bridge.store.database import Transaction
from bridge.store.engines import open_database
from tests.support.databases import new_sqlite

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
FEW, MANY = 20, 1500

LOOKUPS: dict[str, Callable[[Transaction], object]] = {
    "what is known of a post": lambda tx: facts.of_post(
        tx, 1, object_id="https://b.example/new", url="https://b.example/n", actor_id="https://b.example/new"
    ),
    "what is known of an activity": lambda tx: facts.of_activity(
        tx, 1, actor_id="a", seen_key="https://b.example/new", addresses=("https://b.example/new", "b.example")
    ),
    "the same post": lambda tx: entries.find_same(tx, 1, "https://b.example/new", "https://b.example/n"),
    "where it stands": lambda tx: places.of_object(tx, 1, "https://b.example/new"),
    "its answers": lambda tx: entries.has_answers(tx, 1, "https://b.example/new"),
    "what waits for the author": lambda tx: entries.in_state(tx, 1, "held", limit=5),
    "whether its author was shown": lambda tx: entries.approved_before(tx, 1, "https://b.example/new"),
    "whether it came before": lambda tx: received.count_repeat(tx, "https://b.example/new"),
    "whether its author is blocked": lambda tx: blocks.holding(tx, 1, "https://b.example/new"),
}


def _entry(number: int) -> dict[str, object]:
    address = f"https://a.example/{number}"
    return {
        "token": f"t{number}", "blog_id": 1, "issue_id": 1, "kind": "reply", "object_id": address, "url": address,
        "in_reply_to": "https://links.example/object/1", "actor_id": f"https://a.example/users/{number}",
        "content_html": "", "pictures": [], "visibility": "public", "state": "shown", "ways": ["inbox"],
        "received_at": NOW, "changed_at": NOW,
    }  # fmt: skip


def _steps(tx: Transaction, lookup: Callable[[Transaction], object]) -> int:
    """How many instructions SQLite's machine runs for it."""
    driver = tx.connection.connection.driver_connection
    assert isinstance(driver, sqlite3.Connection)
    steps = 0

    def count() -> int:
        nonlocal steps
        steps += 1
        return 0

    driver.set_progress_handler(count, 1)
    lookup(tx)
    driver.set_progress_handler(None, 1)
    return steps


@pytest.mark.parametrize("name", LOOKUPS)
async def test_a_lookup_costs_the_same_among_many_entries(tmp_path: Path, name: str) -> None:
    database = open_database(new_sqlite(tmp_path), folder=tmp_path)
    database.use_jobs(jobs.enqueue)

    def grow(tx: Transaction, start: int, end: int) -> int:
        tx.connection.exec_driver_sql("PRAGMA defer_foreign_keys=ON")
        for number in range(start, end):
            entries.add(tx, _entry(number))
            blocks.add(tx, 1, f"https://c.example/{number}", reason="", now=NOW)
        return _steps(tx, LOOKUPS[name])

    def measure(tx: Transaction) -> tuple[int, int]:
        found = grow(tx, 0, FEW), grow(tx, FEW, MANY)
        tx.execute(sa.delete(schema.entries))  # they stand under no issue
        return found

    await database.write(lambda tx: blogs.add(tx, url="https://links.example", actor_token="t", acct="a@b", now=NOW))
    few, many = await database.write(measure)
    await database.close()

    assert many < few * 2
