"""A signed request -> what it claims, then proven with the key it names: this folder's face to `inbox.authenticate`.

    claim = claim_of(request, origin=..., now=...)   # no key needed; a bad request costs no lookup
    key = ...                                        # the caller finds the key claim.key_id names, and whose it is
    prove(claim, key)                                # or SignatureFault

SWICG "ActivityPub and HTTP Signatures": a Signature-Input header means RFC 9421, anything else draft-cavage-12.
"""

from __future__ import annotations

from datetime import datetime

from bridge.signature import cavage, rfc9421
from bridge.signature.claim import Claim, prove
from bridge.signature.request import SignedRequest

__all__ = ["Claim", "claim_of", "prove"]


def claim_of(request: SignedRequest, *, origin: str, now: datetime) -> Claim:
    """Read the signature and judge all of it that needs no key: time, host, digest, coverage, algorithm.

    `origin` is the public one from the configuration; a signature for any other server is refused. Raises
    SignatureFault, never anything else.
    """
    claim_from = rfc9421.claim_from if "signature-input" in request.fields else cavage.claim_from
    return claim_from(request, origin=origin, now=now)
