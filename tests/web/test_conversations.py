"""Conversations are read once for all that is made of them, and never older than what was heard of before."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bridge.conversation.comment import Entry
from bridge.conversation.reaction import Tally
from bridge.store import changes
from bridge.store.database import Database
from bridge.store.engines import open_database
from bridge.store.issues import IssueRow
from bridge.terms import Slug
from bridge.web.conversations import Conversation, Conversations
from bridge.web.news import News
from tests.support.databases import new_sqlite

NOW = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)


def issue(number: int) -> IssueRow:
    return IssueRow(
        id=number, blog_id=1, slug=Slug(f"issue-{number}"), path="", state="published", digest="", source={}, title="",
        number=number, language="en", visibility="public", page_html="", teaser_html="", teaser_text="", tags=(),
        links=(), object_id=None, date=NOW, published_at=NOW, updated_at=None, comments_close_at=None,
        comments_open=None, changed_at=NOW,
    )  # fmt: skip


class Desk:
    """Where conversations are read; it counts how often, and keeps readers waiting while the test says so."""

    def __init__(self, database: Database) -> None:
        self.now = NOW
        self.entries = 1
        self.text = ""
        self.closes: datetime | None = None
        self.readings = 0
        self.began = asyncio.Event()
        self.goes_on = asyncio.Event()
        self.goes_on.set()
        self._database = database
        self._conversations = Conversations(News(database), clock=lambda: self.now)

    async def get(self, number: int = 1) -> Conversation:
        """What is said under an issue."""
        return await self._conversations.get(number, lambda: self._read(number))

    async def _read(self, number: int) -> Conversation:
        self.readings += 1
        said = Entry(
            id="a", kind="reply", object_id="https://a.example/1", url="", received_at=NOW, content_html=self.text
        )
        found = Conversation(
            issue=issue(number), entries=(said,) * self.entries, tally=Tally(), closed=False, closes=self.closes
        )
        self.began.set()
        await self.goes_on.wait()
        return found

    async def touch(self, *topics: str) -> None:
        """Commit a change."""
        await self._database.write(lambda tx: [tx.touch(topic) for topic in topics])


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    database = open_database(new_sqlite(tmp_path), folder=tmp_path)
    yield Desk(database)
    await database.close()


async def test_a_conversation_is_read_once_until_it_changes(desk: Desk) -> None:
    first = await desk.get()
    assert await desk.get() is first
    await desk.get(2)
    await desk.touch(changes.issue(2))
    assert await desk.get() is first
    for topic in (changes.issue(1), changes.BLOG):
        readings = desk.readings
        await desk.touch(topic)
        await desk.get()
        assert desk.readings == readings + 1


async def test_who_asks_at_once_shares_one_reading_and_who_asks_after_a_change_gets_another(desk: Desk) -> None:
    desk.goes_on.clear()
    before = [asyncio.create_task(desk.get()) for _ in range(5)]
    await desk.began.wait()
    await desk.touch(changes.issue(1))
    desk.entries = 2
    after = [asyncio.create_task(desk.get()) for _ in range(5)]
    await asyncio.sleep(0.05)
    desk.goes_on.set()

    assert {len((await one).entries) for one in before} == {1}
    assert {len((await one).entries) for one in after} == {2}
    assert desk.readings == 2
    assert len((await desk.get()).entries) == 2
    assert desk.readings == 2, "the newer one is kept"


async def test_a_reader_who_leaves_takes_it_from_no_other(desk: Desk) -> None:
    desk.goes_on.clear()
    leaving, staying = asyncio.create_task(desk.get()), asyncio.create_task(desk.get())
    await desk.began.wait()
    leaving.cancel()
    await asyncio.sleep(0)
    desk.goes_on.set()

    assert len((await staying).entries) == 1
    assert desk.readings == 1


async def test_what_closes_by_itself_is_read_again_when_it_does(desk: Desk) -> None:
    desk.closes = NOW + timedelta(hours=1)
    await desk.get()
    desk.now = NOW + timedelta(minutes=59)
    await desk.get()
    assert desk.readings == 1
    desk.now = NOW + timedelta(hours=1)
    await desk.get()
    assert desk.readings == 2


async def test_no_more_is_kept_than_fits(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bridge.web.conversations._MOST_CHARACTERS", 50_000)
    desk.entries = 20
    for number in (1, 2, 3):
        await desk.get(number)
    assert desk.readings == 3
    await desk.get(3)
    await desk.get(2)
    assert desk.readings == 3
    await desk.get(1)
    assert desk.readings == 4, "the longest unused one had to go"


async def test_one_that_is_longer_than_all_that_fits_is_read_for_each(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bridge.web.conversations._MOST_CHARACTERS", 50_000)
    desk.text = "x" * 60_000
    await desk.get()
    await desk.get()
    assert desk.readings == 2
