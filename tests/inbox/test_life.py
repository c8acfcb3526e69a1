"""Whatever a server sends shows that it lives: what waits for it goes at once."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bridge.inbox import life as module
from bridge.inbox.life import LifeSigns
from bridge.store import deliveries, jobs, published, servers
from bridge.store.database import Database, Transaction
from bridge.store.published import NewActivity
from bridge.store.servers import ServerRow
from bridge.terms import ActivityId, InboxUrl, Server
from tests.support.inboxes import NOTE, NOW, Place, create, note

FAR = Server("far.example")
ANNA = "https://far.example/users/anna"


def _failing(tx: Transaction, *, waits: bool = True) -> None:
    """Far.example has not answered for eight days, and is asked once a day."""
    servers.keep(
        tx,
        [
            ServerRow(
                server=FAR,
                failing_since=NOW - timedelta(days=8),
                failures=9,
                suspended_at=NOW - timedelta(days=1),
                not_before=NOW + timedelta(hours=20),
                reason="no connection",
            )
        ],
    )
    activity = published.add_activity(
        tx,
        NewActivity(id=ActivityId("https://links.example/activity/1"), blog_id=1, type="Create", body=b"{}"),
        now=NOW,
    )
    deliveries.add(
        tx,
        1,
        activity=activity,
        issue_id=None,
        object_id=NOTE,
        inboxes=[(InboxUrl("https://far.example/inbox"), FAR)],
        priority=0,
        now=NOW + timedelta(hours=20),
    )


async def _due(database: Database) -> list[str]:
    due = await database.read(lambda tx: deliveries.look(tx, [FAR], now=NOW).due)
    return [one.inbox for one in due]


async def test_a_sign_of_life_ends_the_suspension_and_makes_what_waits_due(place: Place) -> None:
    await place.database.write(_failing)
    assert await _due(place.database) == []

    await place.take(create(note(ANNA)))

    row = await place.database.read(lambda tx: servers.find(tx, FAR))
    assert (row.failing_since, row.suspended_at, row.not_before, row.failures) == (None, None, None, 0)
    assert row.last_seen_at == NOW
    assert await _due(place.database) == ["https://far.example/inbox"]
    assert FAR in await place.database.read(lambda tx: jobs.queued_keys(tx, "deliver"))


async def test_what_has_no_effect_is_a_sign_of_life_too(place: Place) -> None:
    await place.database.write(_failing)

    await place.take(
        {"id": "https://far.example/1", "type": "Add", "actor": ANNA, "object": NOTE, "target": f"{ANNA}/featured"}
    )

    assert await _due(place.database) == ["https://far.example/inbox"]


async def test_another_servers_word_says_nothing_of_it(place: Place) -> None:
    await place.database.write(_failing)

    await place.take(create(note("https://other.example/users/bert")))

    assert await _due(place.database) == []


async def test_a_server_that_never_failed_costs_no_row(place: Place) -> None:
    await place.take(create(note(ANNA)))

    assert await place.database.read(servers.all_of) == []


def test_a_server_is_news_once_in_ten_minutes() -> None:
    life = LifeSigns()
    times = [0, 9, 10, 19, 25]

    heard = [life.is_news(FAR, now=NOW + timedelta(minutes=minutes)) for minutes in times]

    assert heard == [True, False, True, False, True]
    assert life.is_news(Server("other.example"), now=NOW)


def test_no_more_servers_are_remembered_than_the_cap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MOST_SERVERS", 2)
    life = LifeSigns()
    for name in ("a.example", "b.example", "c.example"):
        life.is_news(Server(name), now=NOW)

    assert not life.is_news(Server("c.example"), now=NOW)
    assert life.is_news(Server("a.example"), now=NOW), "the longest unheard was forgotten"
