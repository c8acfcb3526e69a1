"""A later issue that links an earlier one is named there, quietly."""

from __future__ import annotations

from pathlib import Path

from bridge.store import issues
from bridge.store.database import Database
from tests.support.inboxes import PAGE, publish_issue
from tests.support.linkback_desks import Desk, desk_on

LINK = f'<p><a href="{PAGE}#c-1">neulich</a></p>'


async def _later(desk: Desk, **values: object) -> int:
    number = await desk.database.write(lambda tx: publish_issue(tx, slug="25"))
    await desk.publish(number, date=desk.place.clock(), **values)
    return number


async def test_a_later_issue_is_a_quiet_pingback_and_goes_with_its_link(desk: Desk) -> None:
    number = await _later(desk, page_html=LINK)
    [entry] = await desk.shown()
    assert (entry.kind, entry.own_series, entry.author_name) == ("pingback", True, "Nummer 25 | Links")
    assert entry.url == "https://links.example/issues/25"
    await desk.publish(number, title="Neuer Titel")
    assert [entry.author_name for entry in await desk.shown()] == ["Neuer Titel | Links"]
    await desk.publish(number, page_html="<p>Ohne.</p>")
    assert await desk.place.entries() == []


async def test_the_next_of_the_series_says_so(desk: Desk) -> None:
    await desk.database.write(lambda tx: issues.change(tx, 1, {"number": 24}))
    await _later(desk, page_html=LINK, number=25)
    assert [entry.content_html for entry in await desk.shown()] == ["<p>Fortgesetzt in Nr. 25</p>"]


async def test_an_issue_that_is_taken_back_is_named_no_more(desk: Desk) -> None:
    number = await _later(desk, page_html=LINK)
    await desk.publish(number, state="withdrawn")
    assert await desk.place.entries() == []


async def test_an_earlier_issue_and_one_that_names_itself_make_no_entry(desk: Desk) -> None:
    number = await desk.database.write(lambda tx: publish_issue(tx, slug="25"))
    await desk.publish(1, page_html=f'{LINK}<a href="https://links.example/issues/25">x</a>')
    assert await desk.place.entries() == []
    assert await desk.report(number) == await desk.report(1)


async def test_it_can_be_switched_off(database: Database, tmp_path: Path) -> None:
    async with desk_on(database, tmp_path, linkbacks={"own": False}) as desk:
        await _later(desk, page_html=LINK)
        assert await desk.place.entries() == []
