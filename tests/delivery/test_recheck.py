"""An inbox that refuses for good: its people are asked, and only who is gone by their own server's word is dropped."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from bridge.delivery import recheck as module
from bridge.delivery.recheck import Recheck, recheck_of
from bridge.remote.actors import RemoteActors
from bridge.remote.documents import Documents
from bridge.remote.door import Door
from bridge.remote.hops import Hops
from bridge.store import deliveries, followers, jobs
from bridge.store.attempts import Outcome, record
from bridge.store.database import Database
from bridge.store.followers import Follower
from bridge.terms import ActorId, InboxUrl
from bridge.urls import host_of
from tests.support.clocks import Clock
from tests.support.engines import NOW
from tests.support.local_servers import Peer
from tests.support.remote_people import serve_actor
from tests.support.signed_fetches import KNOCK, OWN

from .conftest import Office


@pytest.fixture
async def recheck(database: Database) -> AsyncIterator[Recheck]:
    clock = Clock(NOW)
    async with Door(origin="https://links.example", allow_private=True) as door:
        hops = Hops(door, own_servers={OWN})
        documents = Documents(hops, knock=KNOCK)
        actors = RemoteActors(documents, hops, database, now=clock)
        yield Recheck(database=database, actors=actors, blog_id=1, clock=clock)
        await documents.close()
        await actors.close()


async def _follows(recheck: Recheck, actor_id: ActorId, *, shared_inbox: str | None = None) -> None:
    follower = Follower(
        actor_id=actor_id,
        follow_id=None,
        server=host_of(actor_id),
        inbox=InboxUrl(f"{actor_id}/inbox"),
        shared_inbox=None if shared_inbox is None else InboxUrl(shared_inbox),
        since=NOW,
    )
    await recheck.database.write(lambda tx: followers.add(tx, 1, follower))


async def _followers(recheck: Recheck) -> dict[str, str]:
    """Who follows, and where their post goes."""
    found = await recheck.database.read(lambda tx: followers.all_of(tx, 1))
    return {one.actor_id: one.shared_inbox or one.inbox for one in found}


@pytest.mark.parametrize("status", [404, 410])
async def test_s131_who_is_gone_by_their_own_servers_word_follows_no_more(
    recheck: Recheck, peer: Peer, status: int
) -> None:
    actor_id = ActorId(f"{peer.origin}/users/jo")
    peer.answers("/users/jo", status=status)
    await _follows(recheck, actor_id)

    assert await recheck(f"{actor_id}/inbox") is None

    assert await _followers(recheck) == {}


async def test_s131_a_tombstone_is_gone_too(recheck: Recheck, peer: Peer) -> None:
    actor_id = ActorId(f"{peer.origin}/users/jo")
    peer.serves("/users/jo", json.dumps({"id": actor_id, "type": "Tombstone"}))
    await _follows(recheck, actor_id)

    await recheck(f"{actor_id}/inbox")

    assert await _followers(recheck) == {}


async def test_s131_an_inbox_that_refuses_by_mistake_drops_nobody_who_lives(recheck: Recheck, peer: Peer) -> None:
    """One who lives and still names this inbox is enough: nobody else behind it is asked."""
    inbox = f"{peer.origin}/inbox"
    people = [
        serve_actor(peer, f"/users/jo{number}", endpoints={"sharedInbox": inbox}, preferredUsername=f"jo{number}")
        for number in range(3)
    ]
    for person in people:
        await _follows(recheck, person, shared_inbox=inbox)

    assert await recheck(inbox) is None

    assert set(await _followers(recheck)) == set(people)
    assert peer.paths == ["/users/jo0"]


async def test_s131_a_parked_domain_that_shows_a_page_drops_nobody(recheck: Recheck, peer: Peer) -> None:
    actor_id = ActorId(f"{peer.origin}/users/jo")
    peer.answers("/users/jo", "<h1>This domain is for sale</h1>", headers={"Content-Type": "text/html"})
    await _follows(recheck, actor_id)

    await recheck(f"{actor_id}/inbox")

    assert set(await _followers(recheck)) == {actor_id}


async def test_an_actor_who_cannot_be_asked_now_is_asked_again_in_some_hours(recheck: Recheck, peer: Peer) -> None:
    actor_id = ActorId(f"{peer.origin}/users/jo")
    peer.answers("/users/jo", status=503)
    await _follows(recheck, actor_id)

    assert await recheck(f"{actor_id}/inbox") == timedelta(hours=6)

    assert set(await _followers(recheck)) == {actor_id}


async def test_s130_who_has_another_inbox_gets_there_what_the_old_one_refused(
    recheck: Recheck, office: Office, peer: Peer
) -> None:
    old, new = InboxUrl(f"{peer.origin}/old"), f"{peer.origin}/new/inbox"
    actor_id = serve_actor(peer, "/users/jo", inbox=new)
    await _follows(recheck, actor_id, shared_inbox=old)
    await office.post(old)
    (row,) = await office.ledger()
    refused = Outcome(id=row.id, state="gone", status=404, reason="it answered 404", due_at=NOW)
    await office.database.write(lambda tx: record(tx, [refused], now=NOW))

    await recheck(old)

    assert await _followers(recheck) == {actor_id: new}
    assert [(one.inbox, one.state) for one in await office.ledger()] == [(old, "gone"), (new, "waiting")]
    assert peer.authority in await office.database.read(lambda tx: jobs.queued_keys(tx, "deliver"))
    due = await office.database.read(lambda tx: deliveries.look(tx, [host_of(InboxUrl(new))], now=NOW).due)
    assert [one.inbox for one in due] == [new]


@pytest.mark.parametrize("status", [301, 404])
async def test_s130_what_waits_at_a_left_inbox_goes_to_the_new_one_once(
    recheck: Recheck, office: Office, peer: Peer, status: int
) -> None:
    old, new = InboxUrl(f"{peer.origin}/old"), f"{peer.origin}/new/inbox"
    peer.redirects("/old", new, status=301) if status == 301 else peer.answers("/old", status=404)
    actor_id = serve_actor(peer, "/users/jo", inbox=new)
    await _follows(recheck, actor_id, shared_inbox=old)
    await office.post(old)
    await office.deliver(peer.authority)

    await recheck(old)
    await recheck(old)

    rows = await office.ledger()
    assert [(one.inbox, one.state) for one in rows] == [(old, "gone"), (new, "waiting")]
    assert rows[0].reason == f"its people have another inbox: {new}"


async def test_what_waits_for_people_who_are_gone_waits_no_more(recheck: Recheck, office: Office, peer: Peer) -> None:
    actor_id = ActorId(f"{peer.origin}/users/jo")
    peer.answers("/users/jo", status=410)
    peer.answers("/users/jo/inbox", status=404)
    await _follows(recheck, actor_id)
    await office.post(f"{actor_id}/inbox")
    await office.deliver(peer.authority)

    await recheck(f"{actor_id}/inbox")

    assert [(one.state, one.reason) for one in await office.ledger()] == [("gone", "its people are gone")]


async def test_a_big_dead_server_is_asked_for_a_few_people_at_a_time(
    recheck: Recheck, peer: Peer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_MOST_ASKED", 3)
    inbox = f"{peer.origin}/inbox"
    for number in range(5):
        peer.answers(f"/users/jo{number}", status=410)
        await _follows(recheck, ActorId(f"{peer.origin}/users/jo{number}"), shared_inbox=inbox)

    assert await recheck(inbox) == timedelta(0)
    assert len(await _followers(recheck)) == 2
    assert await recheck(inbox) is None
    assert await _followers(recheck) == {}


async def test_nobody_behind_the_inbox_is_nothing_to_ask(recheck: Recheck, peer: Peer) -> None:
    assert await recheck(f"{peer.origin}/inbox") is None
    assert peer.asked == []


def test_the_job_is_known_by_the_inbox() -> None:
    wake = recheck_of(InboxUrl("https://far.example/inbox"))

    assert (wake.kind, wake.key) == ("recheck", "https://far.example/inbox")
