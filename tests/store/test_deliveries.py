"""The ledger's rules: order per object and inbox, nothing twice, nothing forgotten."""

from __future__ import annotations

from datetime import timedelta

from bridge.store import attempts, deliveries, published
from bridge.store.attempts import Outcome
from bridge.store.database import Database, Transaction
from bridge.store.deliveries import Look
from bridge.store.published import NewActivity
from bridge.terms import ActivityId, InboxUrl, ObjectId, Server
from tests.support.engines import NOW

FAR = Server("far.example")
INBOX = InboxUrl("https://far.example/inbox")
OBJECT = ObjectId("https://links.example/object/1")


def _activity(tx: Transaction, name: str, *, priority: int = 0) -> int:
    number = published.add_activity(
        tx,
        NewActivity(id=ActivityId(f"https://links.example/activity/{name}"), blog_id=1, type=name, body=name.encode()),
        now=NOW,
    )
    deliveries.add(
        tx, 1, activity=number, issue_id=None, object_id=OBJECT, inboxes=[(INBOX, FAR)], priority=priority, now=NOW
    )
    return number


async def test_an_update_waits_for_its_create(database: Database) -> None:
    await database.write(lambda tx: (_activity(tx, "Create"), _activity(tx, "Update", priority=5)))

    due = await database.read(lambda tx: deliveries.look(tx, [FAR], now=NOW).due)

    assert [await database.read(lambda tx, n=one.activity: published.activity_body(tx, n)) for one in due] == [
        b"Create"
    ]


async def test_what_is_tried_later_holds_up_only_its_own_object(database: Database) -> None:
    later = NOW + timedelta(hours=1)
    await database.write(lambda tx: _activity(tx, "Create"))
    (first,) = await database.read(lambda tx: deliveries.look(tx, [FAR], now=NOW).due)
    busy = Outcome(id=first.id, state="waiting", status=503, reason="busy", due_at=later)
    await database.write(lambda tx: attempts.record(tx, [busy], now=NOW))
    await database.write(lambda tx: _activity(tx, "Update"))

    assert await database.read(lambda tx: deliveries.look(tx, [FAR], now=NOW)) == Look(
        due=[], later={FAR: later}, more={FAR}
    )
    assert await database.read(lambda tx: deliveries.next_due(tx, [FAR])) == {FAR: NOW}


async def test_the_same_activity_goes_to_an_inbox_once(database: Database) -> None:
    number = await database.write(lambda tx: _activity(tx, "Create"))
    await database.write(
        lambda tx: deliveries.add(
            tx, 1, activity=number, issue_id=None, object_id=OBJECT, inboxes=[(INBOX, FAR)], priority=0, now=NOW
        )
    )

    assert len(await database.read(lambda tx: deliveries.standings(tx, 1))) == 1


async def test_a_delete_makes_the_waiting_create_needless(database: Database) -> None:
    await database.write(lambda tx: _activity(tx, "Create"))

    untouched = await database.write(lambda tx: deliveries.drop_waiting(tx, OBJECT, now=NOW, reason="deleted"))

    (row,) = await database.read(lambda tx: deliveries.standings(tx, 1))
    assert (row.state, untouched) == ("needless", [INBOX])


async def test_a_retry_by_hand_brings_back_what_was_given_up(database: Database) -> None:
    await database.write(lambda tx: _activity(tx, "Create"))
    (first,) = await database.read(lambda tx: deliveries.look(tx, [FAR], now=NOW).due)
    refused = Outcome(id=first.id, state="given-up", status=None, reason="refused", due_at=NOW)
    await database.write(lambda tx: attempts.record(tx, [refused], now=NOW))

    again = await database.write(lambda tx: deliveries.retry(tx, FAR, now=NOW))

    assert again == 1
    assert len(await database.read(lambda tx: deliveries.look(tx, [FAR], now=NOW).due)) == 1
