"""Ready answers: rendered once however many ask, never older than what was committed before they were asked for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer, make_mocked_request

from bridge.store import changes
from bridge.store.database import Database, Transaction
from bridge.store.engines import open_database
from bridge.web.news import News
from bridge.web.ready import Page, Ready
from tests.support.databases import new_sqlite

TOPIC = changes.issue(1)


class Kitchen:
    """One page, of which the test says how long it takes to make and what comes of it."""

    def __init__(self, ready: Ready) -> None:
        self._ready = ready
        self.renderings = 0
        self.text = "first"
        self.fault: Callable[[], Exception] | None = None
        self.is_slow = False
        self.goes_on = asyncio.Event()
        self.began = asyncio.Event()

    async def page(self, request: web.Request) -> web.StreamResponse:
        """The route."""
        return await self._ready.get(request, "page", self._render)

    async def _render(self) -> Page:
        self.renderings += 1
        text, fault = self.text, self.fault
        self.began.set()
        if self.is_slow:
            await self.goes_on.wait()
        if fault is not None:
            raise fault()
        return Page(body=text.encode(), content_type="text/plain", topics=frozenset({TOPIC}))

    def change(self, text: str) -> Callable[[Transaction], None]:
        """What is shown from now on, for a transaction."""

        def work(tx: Transaction) -> None:
            self.text = text
            tx.touch(TOPIC)

        return work


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Database]:
    database = open_database(new_sqlite(tmp_path), folder=tmp_path)
    yield database
    await database.close()


@pytest.fixture
async def kitchen(here: Database) -> Kitchen:
    return Kitchen(Ready(News(here)))


@pytest.fixture
async def ask(kitchen: Kitchen) -> AsyncIterator[Callable[[], asyncio.Task[tuple[int, str]]]]:
    """Asks for the page over a real connection."""
    app = web.Application()
    app.add_routes([web.get("/", kitchen.page)])
    async with TestServer(app) as server, ClientSession() as session:

        async def get() -> tuple[int, str]:
            async with session.get(server.make_url("/")) as answer:
                return answer.status, await answer.text()

        yield lambda: asyncio.create_task(get())


async def test_what_many_ask_for_at_once_is_rendered_once(kitchen: Kitchen, ask: Callable) -> None:
    kitchen.is_slow = True
    asked = [ask() for _ in range(20)]
    await kitchen.began.wait()
    await asyncio.sleep(0.1)
    kitchen.goes_on.set()

    assert set(await asyncio.gather(*asked)) == {(200, "first")}
    assert kitchen.renderings == 1
    assert await ask() == (200, "first")
    assert kitchen.renderings == 1, "it is kept"


async def test_who_asks_after_a_change_does_not_get_what_was_begun_before_it(
    kitchen: Kitchen, ask: Callable, here: Database
) -> None:
    kitchen.is_slow = True
    before = ask()
    await kitchen.began.wait()
    await here.write(kitchen.change("second"))
    after = [ask() for _ in range(5)]
    await asyncio.sleep(0.1)
    kitchen.goes_on.set()

    assert await before == (200, "first")
    assert set(await asyncio.gather(*after)) == {(200, "second")}
    assert kitchen.renderings == 2


async def test_what_cannot_be_rendered_fails_for_each_who_asks_and_is_not_kept(kitchen: Kitchen, ask: Callable) -> None:
    # Such an exception is an answer, and one answer cannot be sent twice.
    kitchen.is_slow, kitchen.fault = True, web.HTTPNotFound
    asked = [ask() for _ in range(3)]
    await kitchen.began.wait()
    await asyncio.sleep(0.1)
    kitchen.goes_on.set()

    answers = await asyncio.wait_for(asyncio.gather(*asked), timeout=10)
    assert {status for status, _ in answers} == {404}
    kitchen.fault = None
    assert await ask() == (200, "first")


async def test_a_reader_who_leaves_takes_the_page_from_nobody(kitchen: Kitchen) -> None:
    kitchen.is_slow = True
    first = asyncio.create_task(kitchen.page(make_mocked_request("GET", "/")))
    await kitchen.began.wait()
    second = asyncio.create_task(kitchen.page(make_mocked_request("GET", "/")))
    await asyncio.sleep(0)
    first.cancel()
    kitchen.goes_on.set()

    answer = await second
    assert isinstance(answer, web.Response)
    assert answer.body == b"first"
    assert kitchen.renderings == 1


async def test_what_another_process_committed_is_shown_at_once(
    kitchen: Kitchen, ask: Callable, here: Database, tmp_path: Path
) -> None:
    """A second `Database` stands for a second process. SQLite tells, so nobody polls."""
    assert await ask() == (200, "first")
    other = open_database(here.url, folder=tmp_path)
    for text in ("second", "third"):
        await other.write(kitchen.change(text))
        assert await ask() == (200, text)
    await other.close()
    assert kitchen.renderings == 3
