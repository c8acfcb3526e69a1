"""A document <-> its FEP-8b32 integrity proof: who wrote it, provable without the connection it came by.

`outbox` adds proofs to our activities; the inbox asks for them where the HTTP signer is not the actor. FEP-8b32 with
the cryptosuite eddsa-jcs-2022 (W3C vc-di-eddsa 3.3, JCS RFC 8785). A proof that is wrong in any way counts as none:
it never makes anything worse or better.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

import rfc8785

from bridge.clock import wire_time
from bridge.signature import multibase
from bridge.signature.freshness import AHEAD
from bridge.signature.keys import PublicKey, Signer
from bridge.terms import ActorId, Document, KeyId
from bridge.urls import same_origin

_TYPE = "DataIntegrityProof"
_SUITE = "eddsa-jcs-2022"
_PURPOSE = "assertionMethod"

#: Options we understand. `domain`, `challenge` and `previousProof` limit what a proof is for, and nothing here is.
_OPTIONS = frozenset(
    {"@context", "id", "type", "cryptosuite", "created", "expires", "verificationMethod", "proofPurpose", "proofValue"}
)


@dataclass(frozen=True, kw_only=True, slots=True)
class ProofClaim:
    """A proof that is well formed and in date.

    It is good if the key of `key_id` belongs to `owner` and `proves` says so.
    """

    key_id: KeyId
    #: The actor who must list the key under `assertionMethod`: the activity's actor, or the object's author.
    owner: ActorId
    signature: bytes
    #: The hashes that may have been signed: the proof as it stands and, where it has no context, with the document's.
    messages: tuple[bytes, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class NoProof:
    """The document proves nothing by itself. `reason` says why, where it has something that looks like a proof."""

    reason: str | None


def add_proof(document: Document, *, signer: Signer, now: datetime) -> Document:
    """A copy of the document with a proof. The signer's key is Ed25519, named in the actor's `assertionMethod`.

    Nothing in the copy may change after this, not even the order-free parts: every value is signed. Raises ValueError
    for a document that JCS cannot write.
    """
    # With the context in the proof, those who hash the proof as it stands and those who put the document's context in
    # agree.
    options = {
        **({"@context": document["@context"]} if "@context" in document else {}),
        "type": _TYPE,
        "cryptosuite": _SUITE,
        "verificationMethod": signer.key_id,
        "proofPurpose": _PURPOSE,
        "created": wire_time(now),
    }
    bare = _without_proof(document)
    signature = signer.key.sign(hash_pair(options, bare))
    return bare | {"proof": options | {"proofValue": multibase.encode(signature)}}


def proof_claim(document: Document, *, now: datetime) -> ProofClaim | NoProof:
    """Read the document's proof and judge all of it that needs no key. Never raises.

    The caller has refused JSON that two parsers may read differently (repeated names, numbers beyond a double).
    """
    proof = document.get("proof")
    if proof is None:
        return NoProof(reason=None)
    if isinstance(proof, list) and len(proof) == 1:
        proof = proof[0]
    if not isinstance(proof, dict):
        return NoProof(reason="there is not exactly one proof")
    reason = _why_unfit(proof, document, now=now)
    if reason is not None:
        return NoProof(reason=reason)
    owner = _owner(document)
    method = proof.get("verificationMethod")
    if owner is None or not isinstance(method, str) or not same_origin(method, owner):
        return NoProof(reason="the proof's key is not on the server of the document's owner")
    signature = _signature(proof.get("proofValue"))
    if signature is None:
        return NoProof(reason="the proof has no Ed25519 signature")
    options = {name: value for name, value in proof.items() if name != "proofValue"}
    variants = [options]
    if "@context" in document and "@context" not in options:
        variants.append({"@context": document["@context"], **options})
    try:
        bare = _without_proof(document)
        messages = tuple(hash_pair(variant, bare) for variant in variants)
    except (ValueError, RecursionError):
        return NoProof(reason="the document cannot be written as canonical JSON")
    return ProofClaim(key_id=KeyId(method), owner=owner, signature=signature, messages=messages)


def proves(claim: ProofClaim, key: PublicKey) -> bool:
    """Whether the key made the proof.

    The caller has made sure that the key is `claim.key_id` and controlled by `claim.owner`.
    """
    return key.kind == "ed25519" and any(key.accepts(message, claim.signature) for message in claim.messages)


def hash_pair(options: Document, document: Document) -> bytes:
    """The 64 bytes that are signed: the hash of the proof's options, then the hash of the document, each as JCS.

    Raises ValueError for what JCS cannot write.
    """
    return sha256(rfc8785.dumps(options)).digest() + sha256(rfc8785.dumps(document)).digest()


def _why_unfit(proof: Document, document: Document, *, now: datetime) -> str | None:
    if proof.get("type") != _TYPE or proof.get("cryptosuite") != _SUITE:
        return "the proof is of a kind other than eddsa-jcs-2022"
    if proof.get("proofPurpose") != _PURPOSE:
        return "the proof's purpose is not assertionMethod"
    if not proof.keys() <= _OPTIONS:
        return "the proof has options that limit it or that are unknown"
    if "@context" in proof and _as_list(proof["@context"]) != _as_list(document.get("@context")):
        return "the proof's context is not the document's"
    created, expires = proof.get("created"), proof.get("expires")
    created_at = _moment(created)
    if created is not None and (created_at is None or created_at > now + AHEAD):
        return "the proof was made in the future"
    expires_at = _moment(expires)
    if expires is not None and (expires_at is None or expires_at < now):
        return "the proof has expired"
    return None


def _owner(document: Document) -> ActorId | None:
    owner = document.get("actor", document.get("attributedTo"))
    if isinstance(owner, list) and len(owner) == 1:
        owner = owner[0]
    if isinstance(owner, dict):
        owner = owner.get("id")
    return ActorId(owner) if isinstance(owner, str) else None


def _signature(value: object) -> bytes | None:
    # 64 bytes are at most 88 characters of base58.
    if not isinstance(value, str) or len(value) > 89:
        return None
    try:
        signature = multibase.decode(value)
    except ValueError:
        return None
    return signature if len(signature) == 64 else None


def _moment(value: object) -> datetime | None:
    if not isinstance(value, str) or len(value) > 40:
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else None


def _without_proof(document: Document) -> Document:
    # FEP-8b32: a Linked Data signature is made after the proof, so the proof does not know it.
    return {name: value for name, value in document.items() if name not in {"proof", "signature"}}


def _as_list(value: object) -> list[object]:
    return value if isinstance(value, list) else [value]
