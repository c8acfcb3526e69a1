"""Actors, and what is remembered of them and of their keys (security S61, S62, S64; protocol sheet 2.2)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from bridge.activity.remote_actor import RemoteActor
from bridge.clock import utc_now
from bridge.errors import FetchFailed, FetchGone, FetchNotFound, FetchRefused, FetchUnusable
from bridge.remote.actors import RemoteActors
from bridge.remote.budget import Budget, Cause
from bridge.store import actors as known_actors
from bridge.store.database import Database
from bridge.terms import ActorId, KeyId
from tests.support.clocks import Watch
from tests.support.local_servers import Peer
from tests.support.remote_people import ONE, TWO, is_stored, key_document, serve_actor


async def keep(actors: RemoteActors, database: Database, actor: RemoteActor) -> None:
    """What the inbox does once a signature is proven."""
    await database.write(lambda tx: actors.keep(tx, actor))
    actors.kept(actor)


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
    await keep(actors, database, actor)
    assert await is_stored(database, actor_id)
    _, again = await new_actors().key(KeyId(f"{actor_id}#main-key"), Budget())
    assert again == actor
    assert peer.paths == ["/users/jo"]


async def test_a_key_listed_by_its_id_survives_a_restart(
    actors: RemoteActors, new_actors: Callable[[], RemoteActors], database: Database, peer: Peer
) -> None:
    actor_id, key_id = f"{peer.origin}/users/jo", f"{peer.origin}/keys/1"
    serve_actor(peer, keys=key_id)
    peer.serves("/keys/1", json.dumps(key_document(key_id, actor_id)))
    await keep(actors, database, (await actors.key(KeyId(key_id), Budget()))[1])
    entry, _ = await new_actors().key(KeyId(key_id), Budget())
    assert entry.material == ONE
    assert peer.paths == ["/keys/1", "/users/jo"]


async def test_a_changed_key_is_found_by_a_fresh_look(
    actors: RemoteActors, new_actors: Callable[[], RemoteActors], database: Database, peer: Peer
) -> None:
    """A "blind" rotation sends no Update: the first sign of it is a signature that does not match."""
    actor_id = f"{peer.origin}/users/jo"
    key_id = KeyId(f"{actor_id}#main-key")
    serve_actor(peer)
    await keep(actors, database, (await actors.key(key_id, Budget()))[1])
    serve_actor(peer, keys=key_document(key_id, actor_id, TWO))
    assert (await actors.key(key_id, Budget()))[0].material == ONE
    entry, actor = await actors.key(key_id, Budget(), fresh=True)
    assert entry.material == TWO
    await keep(actors, database, actor)
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


async def test_s61_a_host_is_not_asked_for_ever_new_keys_by_one_network_and_others_are_not_kept_from_it(
    actors: RemoteActors, peer: Peer
) -> None:
    """Who names sixty keys that are not there may name no more; a new person of that host is still let in."""
    liar, neighbour = Cause(name="203.0.113.7"), Cause(name="198.51.100.9")
    for number in range(100):
        with pytest.raises((FetchNotFound, FetchFailed)):
            await actors.key(KeyId(f"{peer.origin}/invented{number}"), Budget(cause=liar))
    assert len(peer.asked) == 60
    key_id = KeyId(f"{serve_actor(peer)}#main-key")
    with pytest.raises(FetchFailed, match="60 times in vain"):
        await actors.key(key_id, Budget(cause=liar))
    assert (await actors.key(key_id, Budget(cause=neighbour)))[0].material == ONE


# --- whose key an id leads to ------------------------------------------------------------------------------------


async def test_s3_listing_the_key_of_another_takes_nothing_from_the_other(
    actors: RemoteActors, new_actors: Callable[[], RemoteActors], database: Database, peer: Peer
) -> None:
    """Eve's own document may name any key id of her server as hers. The id goes on leading to whose it is."""
    jo, eve = serve_actor(peer), f"{peer.origin}/users/eve"
    stub = f"{peer.origin}/users/ann/main-key"
    ann = serve_actor(peer, "/users/ann", keys=key_document(stub, f"{peer.origin}/users/ann"))
    peer.serves("/users/ann/main-key", json.dumps(key_document(stub, ann)))
    hers = [key_document(key_id, eve, TWO) for key_id in (f"{eve}#main-key", f"{jo}#main-key", stub)]
    serve_actor(peer, "/users/eve", keys=hers)
    for service in (actors, new_actors()):
        _, owner = await service.key(KeyId(f"{eve}#main-key"), Budget())
        await keep(service, database, owner)
        for key_id, whose in ((f"{jo}#main-key", jo), (stub, ann)):
            entry, owner = await service.key(KeyId(key_id), Budget())
            assert (entry.material, owner.id) == (ONE, whose)
            await keep(service, database, owner)


# --- what the store knows better ---------------------------------------------------------------------------------


async def test_an_actor_that_was_moved_or_forgotten_meanwhile_is_not_written_over(
    actors: RemoteActors, database: Database, peer: Peer
) -> None:
    """Between the proof and the commit another activity may have changed what is stored."""
    actor_id = serve_actor(peer)
    _, actor = await actors.key(KeyId(f"{actor_id}#main-key"), Budget())
    await database.write(lambda tx: known_actors.record(tx, replace(actor, name="Neu"), now=utc_now()))
    actors.forget(actor_id)
    await keep(actors, database, actor)
    assert (await actors.actor(actor_id, Budget())).name == "Neu"


async def test_a_profile_that_does_not_speak_of_a_move_leaves_it(
    actors: RemoteActors, database: Database, peer: Peer
) -> None:
    actor_id, elsewhere = serve_actor(peer), ActorId("https://neu.example/users/jo")
    await actors.actor(actor_id, Budget())
    await database.write(lambda tx: known_actors.mark_moved(tx, actor_id, elsewhere))
    serve_actor(peer, name="Jo Anne")
    assert (await actors.actor(actor_id, Budget(), fresh=True)).name == "Jo Anne"
    assert (await actors.actor(actor_id, Budget())).moved_to == elsewhere


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
    await keep(actors, database, actor)
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
