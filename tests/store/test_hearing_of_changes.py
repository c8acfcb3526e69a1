"""What a transaction changes is told in its own process with the commit, and to others that follow the database."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import asyncpg
import pytest

from bridge.store import changes
from bridge.store.database import Database
from bridge.web.news import News
from tests.support.engines import BOTH, Engines, open_joined

ISSUE = changes.issue(7)


class Process:
    """What one process hears of, until it is stopped."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.heard: list[str] = []
        self.news = News(database)
        self.news.tell(self._hear)
        self._more = asyncio.Event()
        self._following = asyncio.create_task(self.news.follow())

    def _hear(self, topics: frozenset[str]) -> None:
        self.heard.extend(sorted(topics))
        self._more.set()

    async def touch(self, *topics: str) -> None:
        """Commit a change of these topics."""
        await self.database.write(lambda tx: [tx.touch(topic) for topic in topics])

    async def until(self, is_true: Callable[[], bool]) -> None:
        """Wait for what it must hear of."""
        async with asyncio.timeout(20):
            while not is_true():
                self._more.clear()
                await self._more.wait()

    async def stop(self) -> None:
        self._following.cancel()
        await asyncio.gather(self._following, return_exceptions=True)
        await self.database.close()


@pytest.fixture(params=BOTH)
async def url(request: pytest.FixtureRequest, engines: Engines, tmp_path: Path) -> str:
    return await engines.new_url(request.param, tmp_path)


@pytest.fixture
async def processes(url: str, tmp_path: Path) -> AsyncIterator[tuple[Process, Process]]:
    """Two on one database, each of which has begun to follow it."""
    both = Process(open_joined(url, tmp_path)), Process(open_joined(url, tmp_path))
    for one, other in (both, both[::-1]):
        async with asyncio.timeout(20):
            while "begun" not in one.heard:
                await other.touch("begun")
                await asyncio.sleep(0.05)
    await asyncio.sleep(0.3)
    for each in both:
        each.heard.clear()
    yield both
    for each in both:
        await each.stop()


async def test_a_change_is_told_here_with_the_commit_and_to_others_soon(processes: tuple[Process, Process]) -> None:
    one, other = processes
    count = other.news.count
    await one.touch(ISSUE, changes.FOLLOWERS)
    assert one.heard[:2] == [changes.FOLLOWERS, ISSUE]

    await other.until(lambda: {ISSUE, changes.FOLLOWERS} <= set(other.heard))
    assert not other.news.are_unchanged([ISSUE], since=count)
    assert other.news.are_unchanged([ISSUE], since=other.news.count)
    assert other.news.are_unchanged([changes.BLOG], since=count)


async def test_what_is_taken_back_is_told_to_nobody(processes: tuple[Process, Process]) -> None:
    one, other = processes

    def work_that_fails(tx: object) -> None:
        tx.touch("lost")  # type: ignore[attr-defined]
        raise LookupError("taken back")

    with pytest.raises(LookupError, match="taken back"):
        await one.database.write(work_that_fails)
    await one.touch(ISSUE)
    await other.until(lambda: ISSUE in other.heard)
    assert "lost" not in one.heard + other.heard


async def test_of_many_transactions_at_once_each_is_heard_of(processes: tuple[Process, Process]) -> None:
    one, other = processes
    wanted = {f"issue:{number}" for number in range(60)}
    await asyncio.gather(*(one.touch(topic) for topic in sorted(wanted)))
    await other.until(lambda: wanted <= set(other.heard))
    assert not any(other.news.are_unchanged([topic], since=0) for topic in wanted)


@pytest.mark.parametrize("engine", ["postgresql"])
async def test_after_the_connection_was_lost_anything_may_have_changed(
    engine: str, engines: Engines, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    url = await engines.new_url(engine, tmp_path)
    one = Process(open_joined(url, tmp_path))
    await one.until(lambda: changes.ANYTHING in one.heard)
    one.heard.clear()
    count = one.news.count

    server = await asyncpg.connect(url)
    await server.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query ILIKE 'LISTEN%' AND pid <> pg_backend_pid()"
    )
    await server.close()

    await one.until(lambda: changes.ANYTHING in one.heard)
    await one.stop()
    assert not one.news.are_unchanged([ISSUE], since=count)
    assert "not seen until the database is back" in caplog.text
    assert "the database is back" in caplog.messages
