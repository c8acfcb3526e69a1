"""People on a test's peer: keys, actor documents, and whether our store knows them."""

from __future__ import annotations

import json

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from bridge.store import actors as known_actors
from bridge.store.database import Database
from bridge.terms import ActorId
from tests.support.local_servers import Peer

SPKI, PKCS1 = serialization.PublicFormat.SubjectPublicKeyInfo, serialization.PublicFormat.PKCS1


def pem_of(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey, form: serialization.PublicFormat = SPKI) -> str:
    """The public half in PEM."""
    return key.public_key().public_bytes(serialization.Encoding.PEM, form).decode()


RSA_ONE = rsa.generate_private_key(65537, 2048)
ONE, TWO = pem_of(RSA_ONE), pem_of(rsa.generate_private_key(65537, 2048))


def key_document(key_id: str, owner: str, pem: str = ONE) -> dict[str, object]:
    """A key as documents show it."""
    return {"id": key_id, "owner": owner, "publicKeyPem": pem}


def serve_actor(peer: Peer, path: str = "/users/jo", *, keys: object = None, **more: object) -> ActorId:
    """Let the peer serve a person; the key is `#main-key` unless said otherwise."""
    actor_id = f"{peer.origin}{path}"
    document = {
        "@context": "https://www.w3.org/ns/activitystreams",
        "id": actor_id,
        "type": "Person",
        "preferredUsername": "jo",
        "inbox": f"{actor_id}/inbox",
        "publicKey": key_document(f"{actor_id}#main-key", actor_id) if keys is None else keys,
        **more,
    }
    peer.serves(path, json.dumps(document))
    return ActorId(actor_id)


async def is_stored(database: Database, actor_id: str) -> bool:
    """Whether the store holds anything of the actor."""
    return await database.read(lambda tx: known_actors.is_known(tx, ActorId(actor_id)))
