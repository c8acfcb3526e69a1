"""The verdict on a request of `signing`: what it claims if it is proven, else the word for the check that failed."""

from __future__ import annotations

from datetime import datetime

import pytest

from bridge.signature.keys import PublicKey, public_key_from_pem
from bridge.signature.request import SignatureFault, SignedRequest
from bridge.signature.verify import Claim, claim_of, prove
from tests.support.signing import NOW, ORIGIN, ed_key, pem_of, rsa_key

ANNA = public_key_from_pem(pem_of(rsa_key()))
ANNA_ED = public_key_from_pem(pem_of(ed_key()))


def accepted(request: SignedRequest, *, key: PublicKey = ANNA, now: datetime = NOW, origin: str = ORIGIN) -> Claim:
    claim = claim_of(request, origin=origin, now=now)
    prove(claim, key)
    return claim


def refused(request: SignedRequest, *, key: PublicKey = ANNA, now: datetime = NOW, origin: str = ORIGIN) -> str:
    with pytest.raises(SignatureFault) as caught:
        accepted(request, key=key, now=now, origin=origin)
    assert caught.value.reason == str(caught.value)
    return caught.value.check
