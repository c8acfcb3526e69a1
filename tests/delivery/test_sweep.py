"""The belt to the braces: nobody with something due is left without a job, and what is old is dropped."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
import sqlalchemy as sa

from bridge.delivery import sweep as module
from bridge.delivery.sweep import sweep, tidy, wake_forgotten
from bridge.errors import DatabaseFault
from bridge.store import changes, jobs, servers
from bridge.store.database import Database, Transaction
from bridge.store.schema import jobs as jobs_table
from bridge.store.servers import ServerRow
from bridge.terms import Server
from tests.support.clocks import Clock
from tests.support.engines import NOW

from .conftest import Office


async def _lose_all_jobs(database: Database) -> None:
    """As a worker does that dies on another machine."""
    table = sa.table("pgqueuer") if database.is_postgres else jobs_table
    await database.write(lambda tx: tx.execute(sa.delete(table)))


async def _woken(database: Database) -> frozenset[str]:
    return await database.read(lambda tx: jobs.queued_keys(tx, "deliver"))


async def test_who_has_something_due_and_no_job_is_woken(office: Office) -> None:
    await office.post("https://a.example/inbox")
    await office.post("https://b.example/users/jo/inbox")
    await _lose_all_jobs(office.database)

    assert await office.database.write(lambda tx: wake_forgotten(tx, due_before=NOW)) == 2

    assert await _woken(office.database) == {"a.example", "b.example"}


async def test_who_has_a_job_is_not_woken_again(office: Office) -> None:
    await office.post("https://a.example/inbox")

    assert await office.database.write(lambda tx: wake_forgotten(tx, due_before=NOW)) == 0


async def test_what_is_due_later_is_nobodys_business_yet(office: Office) -> None:
    await office.post("https://a.example/inbox")
    await _lose_all_jobs(office.database)

    early = NOW - timedelta(seconds=1)

    assert await office.database.write(lambda tx: wake_forgotten(tx, due_before=early)) == 0


async def test_at_the_start_everybody_is_looked_for_at_once(office: Office) -> None:
    """Contract section 9: work is taken up at most ten seconds after a restart."""
    await office.post("https://a.example/inbox")
    await _lose_all_jobs(office.database)
    sweeping = asyncio.create_task(sweep(office.database, clock=office.clock))

    async with asyncio.timeout(5):
        while not await _woken(office.database):
            pass

    sweeping.cancel()
    await asyncio.gather(sweeping, return_exceptions=True)


async def test_a_database_that_is_away_ends_no_sweep(
    office: Office, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    await office.post("https://a.example/inbox")
    await _lose_all_jobs(office.database)
    tries = 0

    def fails_first(tx: Transaction, **how: object) -> int:
        nonlocal tries
        tries += 1
        if tries == 1:
            raise DatabaseFault("the database failed: away")
        return wake_forgotten(tx, **how)  # type: ignore[arg-type]

    monkeypatch.setattr(module, "wake_forgotten", fails_first)
    sweeping = asyncio.create_task(sweep(office.database, clock=office.clock))

    async with asyncio.timeout(10):
        while not await _woken(office.database):
            pass

    sweeping.cancel()
    await asyncio.gather(sweeping, return_exceptions=True)
    assert "could not look for forgotten servers: the database failed: away" in caplog.text


async def test_tidying_drops_what_nobody_asks_for_again(database: Database) -> None:
    clock = Clock(NOW)
    old = ServerRow(server=Server("old.example"), last_failure_at=NOW - timedelta(days=181), failures=1)
    known = ServerRow(server=Server("known.example"), last_success_at=NOW - timedelta(days=179))

    def fill(tx: Transaction) -> None:
        servers.keep(tx, [old, known])
        tx.touch(changes.BLOG)

    await database.write(fill)
    await database.write(lambda tx: tidy(tx, now=clock()))

    assert [row.server for row in await database.read(servers.all_of)] == ["known.example"]
