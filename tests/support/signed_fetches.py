"""Fetches as the program makes them: signed by an instance actor, with a key that tests can check against."""

from __future__ import annotations

import json
from collections.abc import Mapping

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bridge.clock import utc_now
from bridge.remote.knock import Knock, Scheme
from bridge.signature import cavage
from bridge.signature.keys import Signer, private_key
from bridge.signature.request import SignedRequest
from bridge.signature.verify import claim_of, prove
from bridge.terms import KeyId, Server
from bridge.urls import Url
from tests.support.local_servers import Peer

OWN = Server("links.example")
KEY = private_key(Ed25519PrivateKey.generate())
SIGNER = Signer(key_id=KeyId("https://links.example/instance#main-key"), key=KEY)


def _sign(method: str, url: Url) -> Mapping[str, str]:
    return cavage.sign(method=method, url=url, signer=SIGNER, now=utc_now())


KNOCK = Knock(schemes=(Scheme(name="cavage", sign=_sign),))


def note(url: str, **more: object) -> str:
    """A small document with this id."""
    return json.dumps({"id": url, "type": "Note", **more})


def assert_signed(peer: Peer) -> None:
    """The first request the peer got carries our signature for this very request."""
    request = peer.asked[0]
    lines = tuple((name.decode(), value.decode()) for name, value in request.raw_headers)
    signed = SignedRequest(method="GET", target=request.raw_path, headers=lines, body=None)
    prove(claim_of(signed, origin=peer.origin, now=utc_now()), KEY.public)
