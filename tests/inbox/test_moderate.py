"""What the author decides holds, whatever comes later; and what is forgotten is gone."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.errors import Blocked, UserFault
from bridge.inbox import moderate
from bridge.inbox.why import explain
from bridge.store import actors, blocks, deliveries, entries, followers, forgotten, received
from bridge.store.database import Transaction
from bridge.terms import ActorId, InboxUrl
from tests.support.inboxes import NOTE, NOW, OUR_ACTOR, Place, create, note, person

ANN = "https://far.example/users/ann"
BOB = "https://sub.elsewhere.example/users/bob"


async def _why(place: Place, url: str) -> str:
    def read(tx: Transaction) -> str:
        found = explain(tx, place.blog, url, blocked=blocks.listed(tx, 1))
        return "\n".join([found.verdict, *found.sentences])

    return await place.database.read(read)


async def _judge(place: Place, decide: Any, number: str = "1") -> None:
    def work(tx: Transaction) -> None:
        entry = moderate.find_comment(tx, 1, f"{ANN}/statuses/{number}")
        if decide is moderate.approve:
            moderate.approve(tx, entry, now=NOW)
        else:
            decide(tx, place.blog, entry, now=NOW)

    await place.database.write(work)


async def test_a_hidden_comment_stays_hidden_when_it_is_edited(place: Place) -> None:
    await place.say(ANN)
    await _judge(place, moderate.hide)
    edited = note(ANN, content="<p>Anders.</p>", updated="2024-08-05T12:30:00Z")
    await place.take({"id": f"{ANN}#u", "type": "Update", "actor": ANN, "object": edited})
    assert [entry.state for entry in await place.entries()] == ["hidden"]

    await _judge(place, moderate.approve)
    assert [entry.state for entry in await place.entries()] == ["shown"]
    await _judge(place, moderate.spam)
    assert (await _why(place, f"{ANN}/statuses/1")).startswith("hidden\n")


@pytest.mark.parametrize("target", ["links.example", OUR_ACTOR])
async def test_the_blog_itself_cannot_be_blocked(place: Place, target: str) -> None:
    with pytest.raises(UserFault, match="this blog itself"):
        await place.database.write(lambda tx: moderate.block(tx, place.blog, target, now=NOW))


async def test_nothing_private_can_be_approved(place: Place) -> None:
    """S45."""
    await place.say(ANN, to=[OUR_ACTOR], cc=[])
    with pytest.raises(UserFault, match="in private"):
        await _judge(place, moderate.approve)


@pytest.mark.parametrize("target", [BOB, "sub.elsewhere.example", "elsewhere.example"])
async def test_whom_the_author_blocks_is_refused_and_follows_no_more(place: Place, target: str) -> None:
    """S42: an actor, a host, and a domain with all below it."""
    await place.take({"id": f"{BOB}#f", "type": "Follow", "actor": BOB, "object": OUR_ACTOR})
    await place.take(create(note(BOB)))
    await place.database.write(lambda tx: moderate.block(tx, place.blog, target, now=NOW))

    assert await place.database.read(lambda tx: followers.count(tx, 1)) == 0
    with pytest.raises(Blocked):
        await place.take(create(note(BOB, "2")))
    for number in ("1", "2"):
        assert (await _why(place, f"{BOB}/statuses/{number}")).startswith("blocked\n")
    assert (await _why(place, "sub.elsewhere.example")).startswith("blocked\n") or target == BOB
    await place.database.write(lambda tx: moderate.unblock(tx, place.blog, target))
    assert (await place.take(create(note(BOB, "3")))).verdict == "shown"


async def test_a_forgotten_person_is_gone_and_does_not_come_back(place: Place) -> None:
    await place.take({"id": f"{ANN}#f", "type": "Follow", "actor": ANN, "object": OUR_ACTOR})
    await place.say(ANN, "1")
    await place.say(ANN, "2")
    await place.take({"id": f"{ANN}#l", "type": "Like", "actor": ANN, "object": NOTE})
    await place.take(create(note(BOB, inReplyTo=f"{ANN}/statuses/1")))
    await place.database.write(lambda tx: moderate.forget(tx, place.blog, ANN, now=NOW))

    left = await place.entries()
    assert [(entry.state, entry.actor_id, entry.text) for entry in left] == [
        ("deleted", None, ""),
        ("shown", BOB, "Gut gesagt."),
    ]
    assert await place.reactions("like") == []

    def held(tx: Transaction) -> tuple[object, ...]:
        return (
            actors.find(tx, ActorId(ANN)),
            followers.find(tx, 1, ActorId(ANN)),
            received.about(tx, ANN),
            entries.of_actor(tx, 1, ANN),
        )

    assert await place.database.read(held) == (None, None, [], [])
    assert await place.database.read(lambda tx: forgotten.since(tx, 1, ANN)) == NOW
    again = await place.say(ANN, "3")
    assert again.verdict == "hidden"
    assert (await place.take({"id": f"{ANN}#m", "type": "Like", "actor": ANN, "object": NOTE})).verdict == "hidden"
    assert (len(await place.entries()), await place.reactions("like")) == (2, [])
    assert await place.database.read(lambda tx: actors.find(tx, ActorId(ANN))) is None
    assert (await _why(place, ANN)).startswith("hidden\n")


async def test_s42_of_a_blocked_stranger_no_profile_is_kept(place: Place) -> None:
    await place.database.write(lambda tx: moderate.block(tx, place.blog, BOB, now=NOW))
    with pytest.raises(Blocked):
        await place.say(BOB)
    assert await place.database.read(lambda tx: actors.find(tx, ActorId(BOB))) is None


async def test_a_removed_follower_is_told(place: Place) -> None:
    await place.take({"id": f"{ANN}#f", "type": "Follow", "actor": ANN, "object": OUR_ACTOR})
    assert await place.database.write(lambda tx: moderate.remove_follower(tx, place.blog, ANN, now=NOW))
    assert not await place.database.write(lambda tx: moderate.remove_follower(tx, place.blog, ANN, now=NOW))


async def test_whatever_an_inbox_gets_waits_in_the_line_of_its_own_server(place: Place) -> None:
    """Which need not be the actor's: an Accept or a Reject in another line could pass the posts between them."""
    ann = person(ANN, inbox=InboxUrl("https://in.far.example/ann"))
    await place.take({"id": f"{ANN}#f", "type": "Follow", "actor": ANN, "object": OUR_ACTOR}, actor=ann)
    asked = {"id": f"{ANN}#l", "type": "LikeRequest", "actor": ANN, "object": NOTE, "instrument": f"{ANN}/likes/1"}
    await place.take(asked, actor=ann)
    await place.database.write(lambda tx: moderate.remove_follower(tx, place.blog, ANN, now=NOW))
    sent = await place.database.read(lambda tx: deliveries.standings(tx, 1))
    assert [(one.type, one.server) for one in reversed(sent)] == [
        ("Accept", "in.far.example"),
        ("Accept", "in.far.example"),
        ("Reject", "in.far.example"),
    ]
