"""Our Ed25519 key -> what turns every activity of the blog into bytes: with an integrity proof in it (FEP-8b32).

`app` puts it into the `Blog`, so whoever makes an activity has it at hand. The proof lets peers of the Fedify family
believe an activity that others passed on, without asking us; the rest of the world passes over it.
"""

from __future__ import annotations

from collections.abc import Callable

from bridge.activity.outgoing import wire_bytes
from bridge.clock import Clock
from bridge.signature.integrity_proof import add_proof
from bridge.signature.keys import Signer
from bridge.terms import Document

_TERMS = "https://w3id.org/security/data-integrity/v1"


def seal_with(signer: Signer, clock: Clock) -> Callable[[Document], bytes]:
    """What adds proofs with this key. The bytes it gives are stored, served and sent as they are."""

    def seal(activity: Document) -> bytes:
        return wire_bytes(add_proof(_with_terms(activity), signer=signer, now=clock()))

    return seal


def _with_terms(activity: Document) -> Document:
    context = activity["@context"]
    first, *others = context if isinstance(context, list) else [context]
    return {**activity, "@context": [first, _TERMS, *others]}
