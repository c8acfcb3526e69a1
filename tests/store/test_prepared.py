"""A statement prepared once gives on both engines what SQLAlchemy gives, and a glance sees what is committed."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from bridge.errors import DatabaseFault
from bridge.store import blocks, entries, schema
from bridge.store.database import Database, Transaction
from bridge.store.prepared import Prepared
from tests.support.inboxes import publish_issue

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
_ADDRESS = "https://a.example/1"


def _entry(issue_id: int) -> dict[str, object]:
    return {
        "token": "t", "blog_id": 1, "issue_id": issue_id, "kind": "reply", "object_id": _ADDRESS, "url": _ADDRESS,
        "content_html": "<p>Ja</p>", "pictures": [{"url": "https://a.example/é.png", "alt": None}],
        "visibility": "public", "state": "held", "ways": ["inbox"], "received_at": NOW, "changed_at": NOW,
        "published": NOW - timedelta(microseconds=1), "is_author": True,
    }  # fmt: skip


async def test_rows_are_the_same_as_by_the_usual_way(database: Database) -> None:
    def work(tx: Transaction) -> tuple[object, object]:
        number = entries.add(tx, _entry(publish_issue(tx)))
        return entries.find_same(tx, 1, _ADDRESS, _ADDRESS), entries.find(tx, number)

    prepared, usual = await database.write(work)

    assert prepared == usual
    assert isinstance(prepared, entries.EntryRow)
    assert (prepared.published, prepared.updated) == (NOW - timedelta(microseconds=1), None)
    assert (prepared.is_author, prepared.ours, prepared.author_name) == (True, False, "")
    assert prepared.pictures == [{"url": "https://a.example/é.png", "alt": None}]


async def test_a_value_that_is_missing_is_a_fault(database: Database) -> None:
    statement = Prepared(sa.select(schema.blocks.c.target).where(schema.blocks.c.target == sa.bindparam("target")))
    with pytest.raises((KeyError, DatabaseFault)):
        await database.write(lambda tx: statement.all(tx, {}))


async def test_a_glance_sees_what_was_committed(database: Database) -> None:
    await database.write(lambda tx: blocks.add(tx, 1, "a.example", reason="", now=NOW))
    assert await database.glance(lambda tx: blocks.holding(tx, 1, "https://x.a.example/users/ann")) == "a.example"
    assert await database.glance(lambda tx: blocks.holding(tx, 1, "https://b.example/", ["b.example"])) == "b.example"
    assert await database.glance(lambda tx: blocks.holding(tx, 1, "https://c.example/")) is None


async def test_what_is_written_at_the_same_moment_is_all_answered(database: Database) -> None:
    async def add(number: int) -> bool:
        return await database.write(lambda tx: blocks.add(tx, 1, f"{number}.example", reason="", now=NOW))

    assert all(await asyncio.gather(*map(add, range(300))))
    assert len(await database.read(lambda tx: blocks.all_of(tx, 1))) == 300
