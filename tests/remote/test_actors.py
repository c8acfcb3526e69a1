"""Actors, and what is remembered of them and of their keys (security S61, S62, S64; protocol sheet 2.2)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from bridge.clock import utc_now
from bridge.errors import FetchFailed, FetchGone, FetchNotFound, FetchRefused, FetchUnusable
from bridge.remote.actors import RemoteActors
from bridge.remote.budget import Budget
from bridge.store import actors as known_actors
from bridge.store.database import Database
from bridge.terms import ActorId, KeyId
from tests.support.local_servers import Peer
from tests.support.remote_people import ONE, TWO, Watch, is_stored, key_document, serve_actor


async def test_an_actor_is_fetched_once_and_stored(actors: RemoteActors, database: Database, peer: Peer) -> None:
    actor_id = serve_actor(peer, name="Jo")
    for _ in range(2):
        assert (await actors.actor(actor_id, Budget())).name == "Jo"
    assert peer.paths == ["/users/jo"]
    assert await is_stored(database, actor_id)


async def test_a_fresh_actor_is_fetched_again(actors: RemoteActors, peer: Peer) -> None:
    actor_id = serve_actor(peer, name="Jo")
    await actors.actor(actor_id, Budget())
    serve_actor(peer, name="Jo Anne")
    assert (await actors.actor(actor_id, Budget())).name == "Jo"
    assert (await actors.actor(actor_id, Budget(), fresh=True)).name == "Jo Anne"
    assert (await actors.actor(actor_id, Budget())).name == "Jo Anne"


async def test_an_address_that_is_not_the_actors_id_is_not_taken_for_it(actors: RemoteActors, peer: Peer) -> None:
    serve_actor(peer)
    peer.serves("/@jo", json.dumps({"id": f"{peer.origin}/users/jo", "type": "Person", "inbox": f"{peer.origin}/in"}))
    with pytest.raises(FetchUnusable, match="not its id"):
        await actors.actor(ActorId(f"{peer.origin}/@jo"), Budget())


async def test_a_note_is_no_actor(actors: RemoteActors, database: Database, peer: Peer) -> None:
    actor_id = serve_actor(peer, type="Note")
    with pytest.raises(FetchUnusable, match="Note is no actor"):
        await actors.actor(actor_id, Budget())
    assert not await is_stored(database, actor_id)


async def test_404_and_410_are_told_apart(actors: RemoteActors, peer: Peer) -> None:
    peer.answers("/gone", status=410)
    for _ in range(2):
        with pytest.raises(FetchGone):
            await actors.actor(ActorId(f"{peer.origin}/gone"), Budget())
        with pytest.raises(FetchNotFound):
            await actors.actor(ActorId(f"{peer.origin}/never"), Budget())
    assert sorted(peer.paths) == ["/gone", "/never"]


# --- memory, rotation, cost --------------------------------------------------------------------------------------


async def test_a_key_that_is_only_claimed_is_not_stored_and_a_verified_one_is(
    actors: RemoteActors, new_actors: Callable[[], RemoteActors], database: Database, peer: Peer
) -> None:
    actor_id = serve_actor(peer)
    _, actor = await actors.key(KeyId(f"{actor_id}#main-key"), Budget())
    assert not await is_stored(database, actor_id)
    await actors.keep(actor)
    assert await is_stored(database, actor_id)
    _, again = await new_actors().key(KeyId(f"{actor_id}#main-key"), Budget())
    assert again == actor
    assert peer.paths == ["/users/jo"]


async def test_a_key_listed_by_its_id_survives_a_restart(
    actors: RemoteActors, new_actors: Callable[[], RemoteActors], peer: Peer
) -> None:
    actor_id, key_id = f"{peer.origin}/users/jo", f"{peer.origin}/keys/1"
    serve_actor(peer, keys=key_id)
    peer.serves("/keys/1", json.dumps(key_document(key_id, actor_id)))
    await actors.keep((await actors.key(KeyId(key_id), Budget()))[1])
    entry, _ = await new_actors().key(KeyId(key_id), Budget())
    assert entry.material == ONE
    assert peer.paths == ["/keys/1", "/users/jo"]


async def test_a_changed_key_is_found_by_a_fresh_look(
    actors: RemoteActors, new_actors: Callable[[], RemoteActors], peer: Peer
) -> None:
    """A "blind" rotation sends no Update: the first sign of it is a signature that does not match."""
    actor_id = f"{peer.origin}/users/jo"
    key_id = KeyId(f"{actor_id}#main-key")
    serve_actor(peer)
    await actors.keep((await actors.key(key_id, Budget()))[1])
    serve_actor(peer, keys=key_document(key_id, actor_id, TWO))
    assert (await actors.key(key_id, Budget()))[0].material == ONE
    entry, actor = await actors.key(key_id, Budget(), fresh=True)
    assert entry.material == TWO
    await actors.keep(actor)
    assert (await new_actors().key(key_id, Budget()))[0].material == TWO


async def test_s61_bad_signatures_force_one_fetch_in_ten_minutes(
    actors: RemoteActors, peer: Peer, watch: Watch
) -> None:
    key_id = KeyId(f"{serve_actor(peer)}#main-key")
    await actors.key(key_id, Budget())
    for _ in range(20):
        assert (await actors.key(key_id, Budget(), fresh=True))[0].material == ONE
    assert len(peer.asked) == 2
    watch.now += 601
    await actors.key(key_id, Budget(), fresh=True)
    assert len(peer.asked) == 3


async def test_s61_a_key_that_cannot_be_had_is_asked_for_once_in_ten_minutes(
    actors: RemoteActors, peer: Peer, watch: Watch
) -> None:
    key_id = KeyId(f"{peer.origin}/nobody#main-key")
    for _ in range(20):
        with pytest.raises(FetchNotFound):
            await actors.key(key_id, Budget(), fresh=True)
    assert len(peer.asked) == 1
    watch.now += 601
    with pytest.raises(FetchNotFound):
        await actors.key(key_id, Budget())
    assert len(peer.asked) == 2


async def test_s61_a_host_is_not_asked_for_ever_new_keys(actors: RemoteActors, peer: Peer) -> None:
    for number in range(100):
        with pytest.raises((FetchNotFound, FetchFailed)):
            await actors.key(KeyId(f"{peer.origin}/invented{number}"), Budget())
    assert len(peer.asked) == 60


async def test_s61_asking_for_an_actor_by_a_false_key_id_does_not_shut_the_actor_out(
    actors: RemoteActors, peer: Peer
) -> None:
    actor_id = serve_actor(peer)
    with pytest.raises(FetchUnusable):
        await actors.key(KeyId(actor_id), Budget())
    assert (await actors.actor(actor_id, Budget())).id == actor_id


async def test_an_empty_budget_is_not_held_against_a_key(actors: RemoteActors, peer: Peer) -> None:
    key_id = KeyId(f"{serve_actor(peer)}#main-key")
    with pytest.raises(FetchRefused):
        await actors.key(key_id, Budget(fetches=0))
    assert (await actors.key(key_id, Budget()))[0].material == ONE


async def test_s64_a_burst_of_requests_of_one_unknown_sender_causes_one_fetch(actors: RemoteActors, peer: Peer) -> None:
    key_id = KeyId(f"{serve_actor(peer)}#main-key")
    found = await asyncio.gather(*(actors.key(key_id, Budget()) for _ in range(20)))
    assert {entry.material for entry, _ in found} == {ONE}
    assert peer.paths == ["/users/jo"]


async def test_what_is_forgotten_is_read_from_the_store_again(
    actors: RemoteActors, database: Database, peer: Peer
) -> None:
    key_id = KeyId(f"{serve_actor(peer, name='Jo')}#main-key")
    _, actor = await actors.key(key_id, Budget())
    await actors.keep(actor)
    renamed = replace(actor, name="Jo Anne")
    await database.write(lambda tx: known_actors.record(tx, renamed, now=utc_now()))
    assert (await actors.key(key_id, Budget()))[1].name == "Jo"
    actors.forget(actor.id)
    assert (await actors.key(key_id, Budget()))[1].name == "Jo Anne"


async def test_s62_the_memory_of_senders_is_bounded(
    monkeypatch: pytest.MonkeyPatch, actors: RemoteActors, peer: Peer
) -> None:
    monkeypatch.setattr("bridge.remote.actors._MOST_REMEMBERED", 5)
    for number in range(10):
        await actors.key(KeyId(f"{serve_actor(peer, f'/users/{number}')}#main-key"), Budget())
    assert len(actors._remembered._actors) == len(actors._remembered._owners) == 5
