"""The record: whose refused requests are kept, how many, for how long, and what is told of them."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
import sqlalchemy as sa

from bridge.errors import KeyUnavailable, Malformed, Unauthenticated
from bridge.inbox import moderate
from bridge.inbox.expiry import Expiry
from bridge.inbox.refusals import MOST_KEPT, Refusals
from bridge.inbox.why import explain
from bridge.store import announcements, blocks, issues, received, strangers
from bridge.store.database import Transaction
from bridge.store.schema import refused_strangers
from bridge.terms import Server
from tests.support.inboxes import NOTE, Place, create, note

ANN = "https://far.example/users/ann"
STRANGER = "https://nobody.example/users/x"


def _like(actor: str, number: int = 1) -> bytes:
    return json.dumps({"id": f"{actor}/likes/{number}", "type": "Like", "actor": actor, "object": NOTE}).encode()


def _refusals(place: Place) -> Refusals:
    return Refusals(place.database, blog_id=1, clock=place.clock)


async def _why(place: Place, url: str) -> tuple[str, str]:
    def read(tx: Transaction) -> tuple[str, str]:
        found = explain(tx, place.blog, url, blocked=blocks.listed(tx, 1))
        return found.verdict, " ".join(found.sentences)

    return await place.database.read(read)


async def test_a_refused_request_of_a_known_server_is_explained(place: Place) -> None:
    await place.say(ANN)
    refusals = _refusals(place)
    refusals.add(_like(ANN), Unauthenticated("digest: the body is not the one that was signed"))
    refusals.add(_like(ANN, 2), KeyUnavailable("key: no answer for now"))
    assert (await _why(place, f"{ANN}/likes/1"))[0] == "not-received"
    await refusals.write()

    verdict, told = await _why(place, f"{ANN}/likes/1")
    assert verdict == "bad-signature"
    assert "The check that failed is “digest”: The body is not the one that was signed." in told
    assert "was told 401" in told
    assert "was told 503" in (await _why(place, f"{ANN}/likes/2"))[1]


async def test_the_first_word_of_a_new_server_that_was_refused_is_explained(place: Place) -> None:
    refusals = _refusals(place)
    refusals.add(_like(STRANGER), KeyUnavailable("key: the key cannot be had: time-out"))
    refusals.add(_like(STRANGER, 2), Unauthenticated("digest: the body is not the one that was signed"))
    await refusals.write()
    verdict, told = await _why(place, f"{STRANGER}/likes/1")
    assert (verdict, "was told 503" in told) == ("bad-signature", True)
    for asked in (f"{STRANGER}/likes/2", STRANGER, "nobody.example"):
        assert (await _why(place, asked))[0] == "bad-signature"
    assert "2 bad-signature" in (await _why(place, "nobody.example"))[1]
    await place.database.write(lambda tx: moderate.forget(tx, place.blog, STRANGER, now=place.clock()))
    assert "was told" not in (await _why(place, STRANGER))[1]


async def test_what_a_new_server_signed_and_wrote_wrongly_is_explained(place: Place) -> None:
    """Else whoever writes a server of their own reads 400 here, and `why` knows nothing of it."""
    refusals = _refusals(place)
    refusals.add(_like(STRANGER), Malformed("'object' is missing or no web address"))
    await refusals.write()

    verdict, told = await _why(place, f"{STRANGER}/likes/1")

    assert verdict == "ignored"
    assert "was told 400. 'object' is missing or no web address." in told


async def test_a_reason_that_begins_with_an_address_keeps_it_as_it_is(place: Place) -> None:
    refusals = _refusals(place)
    refusals.add(_like(ANN), Unauthenticated(f"key: {ANN}#main-key is no key of this actor"))
    await place.say(ANN)
    await refusals.write()

    assert f"“key”: {ANN}#main-key is no key" in (await _why(place, f"{ANN}/likes/1"))[1]


async def test_a_server_is_told_of_by_one_word_for_each_verdict_and_shown_if_anything_had_its_effect(
    place: Place,
) -> None:
    await place.say(ANN)
    await place.take(json.loads(_like(ANN)))
    await place.take({"id": f"{ANN}#f", "type": "Follow", "actor": ANN, "object": place.blog.actor_id})
    await place.take({"id": f"{ANN}#d", "type": "Dislike", "actor": ANN, "object": NOTE})
    verdict, told = await _why(place, "far.example")
    assert verdict == "shown"
    assert "there is on record: 1 ignored, 3 shown." in told


@pytest.mark.parametrize("handle", ["@nobody@far.example", "nobody@far.example"])
async def test_why_tells_of_the_server_where_a_handle_is_unknown(place: Place, handle: str) -> None:
    await place.say(ANN)
    verdict, told = await _why(place, handle)
    assert (verdict, "is no address" in told) == ("not-received", False)
    assert "Nobody of this handle is known here. From far.example there is on record" in told


@pytest.mark.parametrize("nonsense", ["x", "@", "@a@", "a@b@c.example", "mailto:a@b.example", "a b@c.example"])
async def test_why_says_what_an_address_is_where_there_is_none(place: Place, nonsense: str) -> None:
    assert "This is no address" in (await _why(place, nonsense))[1]


async def test_why_knows_the_posts_that_something_here_names(place: Place) -> None:
    mine, missing = "https://far.example/@ada/1", "https://far.example/@ada/missing"
    await place.database.write(lambda tx: announcements.settle(tx, 1, 1, [mine]))
    await place.say(ANN, inReplyTo=missing)
    verdict, told = await _why(place, mine)
    assert (verdict, "“Nummer 24” names it under `syndication`" in told) == ("ignored", True)
    verdict, told = await _why(place, missing)
    assert (verdict, "nothing here names it" in told) == ("not-received", False)
    assert f"this answers it: {ANN}/statuses/1" in told


async def test_s61_of_all_strangers_together_a_few_requests_are_kept_and_of_each_fewer(place: Place) -> None:
    refusals = _refusals(place)
    for number in range(250):
        for again in range(3):
            refusals.add(_like(f"https://n{number}.example/users/x", again), Unauthenticated("key: nobody answers"))
        await refusals.write()
    for number in range(20):
        refusals.add(_like(STRANGER, number), Unauthenticated("key: nobody answers"))
    await refusals.write()

    def count(tx: Transaction) -> tuple[int, int]:
        everything = tx.execute(sa.select(sa.func.count()).select_from(refused_strangers)).scalar_one()
        return everything, len(strangers.of_server(tx, Server("nobody.example")))

    assert await place.database.read(count) == (strangers.MOST, strangers.MOST_OF_ONE)
    expiry = Expiry(database=place.database, clock=place.clock)
    place.clock.turn(timedelta(days=91))
    await expiry.expire()
    assert await place.database.read(count) == (0, 0)


async def test_strangers_who_sign_nothing_leave_nothing_but_a_count(place: Place) -> None:
    """S1, S61: a hundred thousand refused requests store nothing."""
    refusals = _refusals(place)
    for number in range(2_000):
        actor = f"https://n{number}.example/users/x"
        refusals.add(_like(actor), Unauthenticated("missing: the request is not signed"))
    for junk in (b"", b"[" * 5_000, b"\xff", b'{"type":"Like","actor":7}'):
        refusals.add(junk, Malformed("no JSON"))
    await refusals.write()

    assert sum(refusals.counts.values()) == 2_004
    assert await place.database.read(lambda tx: received.of_server(tx, Server("n1.example"))) == []
    assert await place.database.read(lambda tx: strangers.of_server(tx, Server("n1.example"))) == []


async def test_a_flood_of_one_server_pushes_out_only_its_own(place: Place) -> None:
    await place.say(ANN)
    await place.take(create(note("https://calm.example/users/bo")))
    refusals = _refusals(place)
    refusals.add(_like("https://calm.example/users/bo"), Unauthenticated("date: too old"))
    for number in range(MOST_KEPT + 100):
        refusals.add(_like(ANN, number), Unauthenticated("date: too old"))
        if number % 40 == 0:
            await refusals.write()
    await refusals.write()

    assert (await _why(place, "https://calm.example/users/bo/likes/1"))[0] == "bad-signature"
    assert (await _why(place, f"{ANN}/likes/{MOST_KEPT + 99}"))[0] == "bad-signature"
    assert (await _why(place, f"{ANN}/likes/0"))[0] == "not-received"
    kept = await place.database.read(lambda tx: received.of_server(tx, Server("far.example"), limit=5_000))
    assert len([row for row in kept if row.status == 401]) <= MOST_KEPT
    assert [row.verdict for row in kept if row.status == 202] == ["shown"]


async def test_the_record_expires_and_says_so(place: Place) -> None:
    """90 days; what is said about an issue that is out stays."""
    await place.say(ANN)
    await place.take({"id": f"{ANN}#d", "type": "Dislike", "actor": ANN, "object": NOTE})
    expiry = Expiry(database=place.database, clock=place.clock)
    place.clock.turn(timedelta(days=89))
    assert await expiry.expire() == 0
    place.clock.turn(timedelta(days=2))
    assert await expiry.expire() == 1

    assert (await _why(place, f"{ANN}#d"))[0] == "expired"
    assert (await _why(place, f"{ANN}/statuses/1"))[0] == "shown"
    assert (await _why(place, f"{ANN}/statuses/1/activity"))[0] == "shown"
    await place.database.write(lambda tx: issues.change(tx, 1, {"state": "deleted"}))
    assert await expiry.expire() == 1
    place.clock.turn(timedelta(days=400))
    await expiry.expire()
    assert (await _why(place, f"{ANN}#d"))[0] == "not-received"


@pytest.mark.parametrize(
    ("url", "verdict"),
    [
        (f"{ANN}/statuses/1", "shown"),
        (f"{ANN}/statuses/1/activity", "shown"),
        ("https://far.example/@ann/1", "shown"),
        (ANN, "shown"),
        ("@ann@far.example", "shown"),
        ("far.example", "shown"),
        ("https://far.example/", "shown"),
        (f"{ANN}/likes/1", "shown"),
        (f"{ANN}/deleted", "deleted"),
        (f"{ANN}/elsewhere", "ignored"),
        (STRANGER, "not-received"),
        ("nobody.example", "not-received"),
        ("no address at all", "not-received"),
    ],
)
async def test_why_knows_an_address_in_every_form(place: Place, url: str, verdict: str) -> None:
    await place.take(create(note(ANN, "elsewhere", id=f"{ANN}/elsewhere", inReplyTo=None)))
    await place.take({"type": "Delete", "actor": ANN, "object": f"{ANN}/deleted"})
    await place.take(json.loads(_like(ANN)))
    await place.say(ANN, url="https://far.example/@ann/1")
    found, told = await _why(place, url)

    assert found == verdict, told
    assert told
