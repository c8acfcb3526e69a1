"""Which key is proven to be whose (security S3 to S7, S23, S24; protocol sheet 2.2)."""

from __future__ import annotations

import json

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bridge.errors import FetchFailed, FetchGone, FetchNotFound, FetchRefused, FetchUnusable
from bridge.remote.actors import RemoteActors, public_key_of
from bridge.remote.budget import Budget
from bridge.signature.keys import PublicKey
from bridge.store.database import Database
from bridge.terms import ActorId, KeyId
from tests.support.local_servers import Peer
from tests.support.remote_people import ONE, PKCS1, RSA_ONE, TWO, is_stored, key_document, pem_of, serve_actor

ED25519 = PublicKey(kind="ed25519", key=Ed25519PrivateKey.generate().public_key()).multibase


# --- the forms of a keyId ----------------------------------------------------------------------------------------


async def test_a_key_with_a_fragment_is_in_the_actors_document(actors: RemoteActors, peer: Peer) -> None:
    """Mastodon, Misskey, Lemmy, Pleroma and most others."""
    actor_id = serve_actor(peer)
    entry, actor = await actors.key(KeyId(f"{actor_id}#main-key"), Budget())
    assert (entry.owner, actor.id, entry.material) == (actor_id, actor_id, ONE)
    assert peer.paths == ["/users/jo"]


async def test_the_right_one_of_several_keys_is_chosen(actors: RemoteActors, peer: Peer) -> None:
    actor_id = f"{peer.origin}/users/jo"
    keys = [key_document(f"{actor_id}#old", actor_id, TWO), key_document(f"{actor_id}#new", actor_id, ONE)]
    multikey = {"id": f"{actor_id}#ed", "type": "Multikey", "controller": actor_id, "publicKeyMultibase": ED25519}
    serve_actor(peer, keys=keys, assertionMethod=[multikey])
    assert (await actors.key(KeyId(f"{actor_id}#new"), Budget()))[0].material == ONE
    assert (await actors.key(KeyId(f"{actor_id}#old"), Budget()))[0].material == TWO
    assert (await actors.key(KeyId(f"{actor_id}#ed"), Budget()))[0].kind == "ed25519"
    assert peer.paths == ["/users/jo"]


async def test_gotosocials_stub_leads_to_the_whole_actor(actors: RemoteActors, peer: Peer) -> None:
    """The key stands at an address of its own, in a part of the actor that has no inbox."""
    actor_id, key_id = f"{peer.origin}/users/jo", f"{peer.origin}/users/jo/main-key"
    serve_actor(peer, keys=key_document(key_id, actor_id))
    stub = {"id": actor_id, "type": "Person", "preferredUsername": "jo", "publicKey": key_document(key_id, actor_id)}
    peer.serves("/users/jo/main-key", json.dumps(stub))
    entry, actor = await actors.key(KeyId(key_id), Budget())
    assert (entry.id, actor.inbox) == (key_id, f"{actor_id}/inbox")
    assert peer.paths == ["/users/jo/main-key", "/users/jo"]


@pytest.mark.parametrize("form", ["owner", "controller"])
async def test_a_key_that_stands_alone_counts_when_its_owner_lists_it(
    actors: RemoteActors, peer: Peer, form: str
) -> None:
    actor_id, key_id = f"{peer.origin}/users/jo", f"{peer.origin}/keys/1"
    serve_actor(peer, keys=key_document(key_id, actor_id))
    peer.serves("/keys/1", json.dumps({"id": key_id, "type": "Key", form: actor_id, "publicKeyPem": ONE}))
    entry, actor = await actors.key(KeyId(key_id), Budget())
    assert (entry.material, actor.id) == (ONE, actor_id)


async def test_an_owner_may_list_a_key_by_its_id_alone(actors: RemoteActors, database: Database, peer: Peer) -> None:
    actor_id, key_id = f"{peer.origin}/users/jo", f"{peer.origin}/keys/1"
    serve_actor(peer, keys=key_id)
    peer.serves("/keys/1", json.dumps(key_document(key_id, actor_id)))
    entry, actor = await actors.key(KeyId(key_id), Budget())
    assert (entry.material, actor.key(KeyId(key_id))) == (ONE, entry)


async def test_a_key_may_be_pkcs1(actors: RemoteActors, peer: Peer) -> None:
    actor_id = f"{peer.origin}/users/jo"
    serve_actor(peer, keys=key_document(f"{actor_id}#main-key", actor_id, pem_of(RSA_ONE, PKCS1)))
    entry, _ = await actors.key(KeyId(f"{actor_id}#main-key"), Budget())
    assert public_key_of(entry).pem == ONE


# --- keys that prove nothing -------------------------------------------------------------------------------------


async def test_s3_a_key_that_names_a_victim_as_owner_is_refused_and_leaves_no_trace(
    actors: RemoteActors, database: Database, peer: Peer
) -> None:
    victim, key_id = serve_actor(peer), f"{peer.origin}/uploads/key"
    peer.serves("/uploads/key", json.dumps(key_document(key_id, victim, TWO)))
    with pytest.raises(FetchUnusable, match="does not list the key"):
        await actors.key(KeyId(key_id), Budget())
    assert not await is_stored(database, victim)


async def test_s3_an_owner_who_lists_another_key_under_that_id_is_no_proof(actors: RemoteActors, peer: Peer) -> None:
    actor_id, key_id = f"{peer.origin}/users/jo", f"{peer.origin}/keys/1"
    serve_actor(peer, keys=key_document(key_id, actor_id, ONE))
    peer.serves("/keys/1", json.dumps(key_document(key_id, actor_id, TWO)))
    with pytest.raises(FetchUnusable, match="does not list the key"):
        await actors.key(KeyId(key_id), Budget())


async def test_s4_a_key_document_with_another_id_is_refused_under_both_addresses(
    actors: RemoteActors, database: Database, peer: Peer
) -> None:
    actor_id, named = f"{peer.origin}/users/jo", f"{peer.origin}/keys/named"
    serve_actor(peer, keys=key_document(named, actor_id))
    peer.serves("/keys/asked", json.dumps(key_document(named, actor_id)))
    for key_id in (f"{peer.origin}/keys/asked", named):
        with pytest.raises((FetchUnusable, FetchNotFound)):
            await actors.key(KeyId(key_id), Budget())
    assert not await is_stored(database, actor_id)


async def test_s5_a_key_on_another_origin_than_its_owner_is_refused(
    actors: RemoteActors, database: Database, peer: Peer, other_peer: Peer
) -> None:
    """Even when the owner lists it: FEP-fe34 wants actor and key on one origin."""
    actor_id, key_id = f"{peer.origin}/users/jo", f"{other_peer.origin}/keys/1"
    serve_actor(peer, keys=key_document(key_id, actor_id))
    other_peer.serves("/keys/1", json.dumps(key_document(key_id, actor_id)))
    with pytest.raises(FetchUnusable):
        await actors.key(KeyId(key_id), Budget())
    assert not await is_stored(database, actor_id)


async def test_s5_an_actor_cannot_claim_the_key_of_another_origin(
    actors: RemoteActors, peer: Peer, other_peer: Peer
) -> None:
    """evil.example lists good.example's keyId with a key of its own; good.example's sender must stay himself."""
    good = serve_actor(other_peer)
    evil = f"{peer.origin}/users/jo"
    serve_actor(peer, keys=[key_document(f"{evil}#main-key", evil, TWO), key_document(f"{good}#main-key", evil, TWO)])
    await actors.actor(ActorId(evil), Budget())
    entry, actor = await actors.key(KeyId(f"{good}#main-key"), Budget())
    assert (actor.id, entry.material) == (good, ONE)


async def test_s6_another_port_is_another_origin(actors: RemoteActors, peer: Peer) -> None:
    actor_id = f"{peer.origin}/users/jo"
    key_id = "http://127.0.0.1:1/users/jo#main-key"
    serve_actor(peer, keys=key_document(key_id, actor_id))
    with pytest.raises(FetchFailed):
        await actors.key(KeyId(key_id), Budget())
    with pytest.raises(FetchUnusable):
        await actors.key(KeyId(f"{actor_id}#main-key"), Budget())


@pytest.mark.parametrize(
    "key_id",
    [
        "https://good.example@127.0.0.1/users/jo#main-key",
        "https://127.0.0.1./users/jo#main-key",
        "https://127.0.0%2e1/users/jo",
        "acct:jo@good.example",
        "",
        "#main-key",
        "https://good.example\\@127.0.0.1/",
        "ftp://127.0.0.1/",
    ],
)
async def test_s7_a_key_id_that_parsers_may_read_differently_is_refused(actors: RemoteActors, key_id: str) -> None:
    with pytest.raises(FetchRefused):
        await actors.key(KeyId(key_id), Budget())


async def test_s7_another_spelling_of_a_known_key_id_is_another_key_id(actors: RemoteActors, peer: Peer) -> None:
    actor_id = serve_actor(peer)
    await actors.key(KeyId(f"{actor_id}#main-key"), Budget())
    for spelling in (f"{actor_id}#Main-Key".replace("http", "HTTP", 1), f"{actor_id}?#main-key"):
        with pytest.raises(FetchUnusable):
            await actors.key(KeyId(spelling), Budget())


async def test_s23_a_key_on_our_own_server_is_never_fetched(actors: RemoteActors) -> None:
    for key_id in ("https://links.example/instance#main-key", "https://LINKS.EXAMPLE/actor/x#main-key"):
        with pytest.raises(FetchRefused, match="our own"):
            await actors.key(KeyId(key_id), Budget())


@pytest.mark.parametrize(
    "pem",
    [
        pem_of(ec.generate_private_key(ec.SECP256R1())),
        RSA_ONE.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ).decode(),
        "-----BEGIN PUBLIC KEY-----\nMFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBALs=\n-----END PUBLIC KEY-----\n",
        pem_of(rsa.generate_private_key(65537, 1024)),
        "-----BEGIN PUBLIC KEY-----\n" + "A" * 1_000_000 + "\n-----END PUBLIC KEY-----\n",
        "no key",
        "",
    ],
    ids=["EC", "private", "broken", "1024 bit", "huge", "text", "empty"],
)
async def test_s24_a_key_nobody_should_trust_is_refused(
    actors: RemoteActors, database: Database, peer: Peer, pem: str
) -> None:
    actor_id = f"{peer.origin}/users/jo"
    serve_actor(peer, keys=key_document(f"{actor_id}#main-key", actor_id, pem))
    with pytest.raises(FetchUnusable):
        await actors.key(KeyId(f"{actor_id}#main-key"), Budget())
    assert not await is_stored(database, actor_id)


async def test_404_410_and_silence_of_a_key_are_told_apart(actors: RemoteActors, peer: Peer) -> None:
    peer.answers("/gone", status=410)
    peer.answers("/busy", status=503, headers={"Retry-After": "60"})
    for _ in range(2):
        with pytest.raises(FetchGone):
            await actors.key(KeyId(f"{peer.origin}/gone#main-key"), Budget())
        with pytest.raises(FetchNotFound):
            await actors.key(KeyId(f"{peer.origin}/never#main-key"), Budget())
        with pytest.raises(FetchFailed):
            await actors.key(KeyId(f"{peer.origin}/busy#main-key"), Budget())
    assert sorted(peer.paths) == ["/busy", "/gone", "/never"]
