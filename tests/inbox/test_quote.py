"""QuoteRequest on the wire: who gets a stamp, what it says, and how it ends (FEP-044f, S43)."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest

from bridge.errors import Malformed
from bridge.inbox import moderate
from bridge.outbox import stamps
from bridge.store import entries, followers, published, quote_stamps
from bridge.store.database import Transaction
from tests.support.inboxes import NOTE, NOW, OUR_ACTOR, PAGE, PUBLIC, Place, note, person

ANN = "https://far.example/users/ann"
BOB = "https://far.example/users/bob"


async def allow(place: Place, quoters: str) -> None:
    """What the issue's Note says of quoting."""

    def change(tx: Transaction) -> None:
        row = published.find(tx, NOTE)
        policy = {"canQuote": {"automaticApproval": [quoters]}}
        published.change(tx, NOTE, {"document": {**row.document, "interactionPolicy": policy}})

    await place.database.write(change)


def request(actor: str = ANN, number: str = "7", **values: Any) -> dict[str, Any]:
    quoting = note(actor, number, inReplyTo=None, quote=NOTE)
    return {
        "@context": "https://www.w3.org/ns/activitystreams",
        "id": f"{actor}/quote-requests/{number}",
        "type": "QuoteRequest",
        "actor": actor,
        "object": NOTE,
        "instrument": quoting,
    } | values


async def sent(place: Place, kind: str) -> list[dict[str, Any]]:
    """What goes out, as it travels."""

    def read(tx: Transaction) -> list[bytes]:
        numbers = tx.connection.exec_driver_sql("SELECT activity FROM deliveries ORDER BY id").scalars()
        return [published.activity_body(tx, number) for number in numbers]

    found = [json.loads(body) for body in await place.database.read(read)]
    return [one for one in found if one["type"] == kind]


async def test_everyone_may_quote_where_the_issue_says_so(place):
    await allow(place, PUBLIC)
    result = await place.take(request())
    assert result.verdict == "done"
    (accept,) = await sent(place, "Accept")
    assert accept["actor"] == OUR_ACTOR
    assert accept["to"] == [ANN]
    assert accept["object"] == {
        "id": f"{ANN}/quote-requests/7",
        "type": "QuoteRequest",
        "actor": ANN,
        "object": NOTE,
        "instrument": f"{ANN}/statuses/7",
    }
    stamp = await place.database.read(lambda tx: quote_stamps.find_for(tx, NOTE, f"{ANN}/statuses/7"))
    assert accept["result"] == place.blog.addresses.stamp(stamp.token)
    document = stamps.document_of(place.blog, stamp)
    assert {key: value for key, value in document.items() if key != "@context"} == {
        "id": accept["result"],
        "type": "QuoteAuthorization",
        "attributedTo": OUR_ACTOR,
        "interactingObject": f"{ANN}/statuses/7",
        "interactionTarget": NOTE,
    }


async def test_s43_asking_again_gives_the_same_stamp(place):
    await allow(place, PUBLIC)
    await place.take(request())
    await place.take(request(id=f"{ANN}/quote-requests/8"))
    first, second = await sent(place, "Accept")
    assert first["result"] == second["result"]
    assert first["id"] != second["id"]


@pytest.mark.parametrize("policy", [OUR_ACTOR, "https://far.example/followers", ""])
async def test_nobody_may_quote_where_the_issue_says_so(place, policy):
    await allow(place, policy)
    result = await place.take(request())
    assert result.verdict == "ignored"
    (reject,) = await sent(place, "Reject")
    assert reject["object"]["instrument"] == f"{ANN}/statuses/7"
    assert "result" not in reject
    assert await place.database.read(lambda tx: quote_stamps.standing(tx, 1)) == []


async def test_an_issue_that_says_nothing_is_not_quoted(place):
    await place.take(request())
    assert len(await sent(place, "Reject")) == 1


async def test_followers_may_quote_what_is_theirs_to_quote(place):
    await allow(place, place.blog.followers)
    follower = followers.Follower(
        actor_id=person(ANN).id,
        follow_id=None,
        server="far.example",
        inbox=person(ANN).inbox,
        shared_inbox=None,
        since=NOW,
    )
    await place.database.write(lambda tx: followers.add(tx, 1, follower))
    await place.take(request(ANN))
    await place.take(request(BOB))
    assert [one["to"] for one in await sent(place, "Accept")] == [[ANN]]
    assert [one["to"] for one in await sent(place, "Reject")] == [[BOB]]


@pytest.mark.parametrize(
    "values",
    [
        {"instrument": note(BOB, "9", inReplyTo=None, quote=NOTE)},
        {"instrument": note("https://other.example/users/ann", "9", inReplyTo=None, quote=NOTE)},
        {"instrument": note(ANN, "9", inReplyTo=None, quote=NOTE) | {"id": "javascript:alert(1)"}},
        {"instrument": note(ANN, "9", inReplyTo=None, quote=NOTE) | {"id": "https://far.example:8443/x"}},
        {"instrument": note(ANN, "9", inReplyTo=None, quote="https://other.example/post")},
        {"object": "https://other.example/post"},
        {"object": "https://links.example/object/cccccccccccccccccccccc"},
        {"object": PAGE},
    ],
)
async def test_s43_a_request_that_is_not_the_senders_to_make_gets_no_stamp(place, values):
    await allow(place, PUBLIC)
    with suppress(Malformed):
        result = await place.take(request(**values))
        assert result.verdict == "ignored"
    assert await place.database.read(lambda tx: quote_stamps.standing(tx, 1)) == []
    assert await sent(place, "Accept") == []


async def test_s43_a_post_that_is_only_named_must_be_read_at_its_own_server(place):
    await allow(place, PUBLIC)
    result = await place.take(request(instrument=f"{ANN}/statuses/7"))
    assert result.verdict == "ignored"
    assert "could not be read" in result.reason
    assert await sent(place, "Accept") == []


async def test_blocking_a_quoter_takes_the_stamp_back_and_tells_them(place):
    await allow(place, PUBLIC)
    await place.take(request(ANN))
    await place.take(request("https://near.example/users/cem"))
    await place.database.write(lambda tx: moderate.block(tx, place.blog, "far.example", now=NOW))
    (accept, _), (delete,) = await sent(place, "Accept"), await sent(place, "Delete")
    assert delete["to"] == [ANN]
    assert delete["object"]["id"] == accept["result"]
    assert delete["object"]["type"] == "QuoteAuthorization"
    assert [one.actor_id for one in await place.database.read(lambda tx: quote_stamps.standing(tx, 1))] == [
        "https://near.example/users/cem"
    ]


async def test_a_stamp_that_was_taken_back_is_not_given_again(place):
    await allow(place, PUBLIC)
    await place.take(request(ANN))
    await place.database.write(lambda tx: stamps.revoke(tx, place.blog, quote_stamps.standing(tx, 1), now=NOW))
    await place.take(request(ANN, id=f"{ANN}/quote-requests/8"))
    assert len(await sent(place, "Reject")) == 1
    assert await place.database.read(lambda tx: quote_stamps.standing(tx, 1)) == []


async def test_hiding_a_quote_takes_its_stamp_back(place):
    await allow(place, PUBLIC)
    await place.take(request(ANN))
    await place.say(ANN, "7", inReplyTo=None, quote=NOTE)

    def hide(tx: Transaction) -> None:
        entry = entries.find_by_object(tx, 1, f"{ANN}/statuses/7")
        moderate.hide(tx, place.blog, entry, now=NOW)

    await place.database.write(hide)
    assert len(await sent(place, "Delete")) == 1


async def test_of_a_person_who_is_forgotten_no_stamp_stays(place):
    await allow(place, PUBLIC)
    await place.take(request(ANN))
    await place.database.write(lambda tx: moderate.forget(tx, place.blog, ANN, now=NOW))
    assert await place.database.read(lambda tx: quote_stamps.find_for(tx, NOTE, f"{ANN}/statuses/7")) is None
