"""FEP-8b32 proofs: made and read; a wrong one counts as none (S27, S28)."""

from __future__ import annotations

import copy
import math
from datetime import timedelta
from typing import Any

import pytest

from bridge.signature import multibase
from bridge.signature.integrity_proof import NoProof, ProofClaim, add_proof, hash_pair, proof_claim, proves
from bridge.signature.keys import Signer, private_key
from bridge.terms import KeyId
from tests.support.signing import NOW, ed_key, rsa_key

ACTOR = "https://fern.example/leute/anna"
KEY = KeyId(f"{ACTOR}#ed25519-key")
SIGNER = Signer(key_id=KEY, key=private_key(ed_key()))
NOTE = {
    "@context": ["https://www.w3.org/ns/activitystreams", "https://w3id.org/security/data-integrity/v2"],
    "id": "https://fern.example/taten/1",
    "type": "Create",
    "actor": ACTOR,
    "object": {"id": "https://fern.example/noten/1", "type": "Note", "content": "<p>Schöne Grüße 😂</p>", "n": 1.5},
}


def proven(**changes: Any) -> dict[str, Any]:
    return add_proof({**NOTE, **changes}, signer=SIGNER, now=NOW)


def with_options(**options: Any) -> dict[str, Any]:
    """A proof whose options are changed and then honestly signed."""
    from_ours = proven()
    kept = {name: value for name, value in from_ours["proof"].items() if name != "proofValue"}
    chosen = {name: value for name, value in {**kept, **options}.items() if value is not None}
    signature = SIGNER.key.sign(hash_pair(chosen, NOTE))
    return {**NOTE, "proof": {**chosen, "proofValue": multibase.encode(signature)}}


def is_good(document: Any, *, signer: Signer = SIGNER) -> bool:
    claim = proof_claim(document, now=NOW)
    return isinstance(claim, ProofClaim) and proves(claim, signer.key.public)


def reason(document: Any) -> str | None:
    claim = proof_claim(document, now=NOW)
    assert isinstance(claim, NoProof), claim
    return claim.reason


def test_what_we_prove_is_good_and_names_key_and_owner() -> None:
    claim = proof_claim(proven(), now=NOW)
    assert isinstance(claim, ProofClaim)
    assert (claim.key_id, claim.owner) == (KEY, ACTOR)
    assert proves(claim, SIGNER.key.public)


def test_the_document_itself_is_not_changed_by_proving_it() -> None:
    before = copy.deepcopy(NOTE)
    add_proof(NOTE, signer=SIGNER, now=NOW)
    assert before == NOTE


def test_a_document_proven_again_has_one_proof() -> None:
    assert is_good(add_proof(proven(), signer=SIGNER, now=NOW))


def test_a_document_without_proof_has_none_and_no_reason() -> None:
    assert reason(NOTE) is None


def test_the_order_of_names_does_not_matter() -> None:
    document = proven()
    assert is_good(dict(reversed(document.items())))


def test_a_proof_in_a_list_of_one_is_read() -> None:
    document = proven()
    assert is_good({**document, "proof": [document["proof"]]})


def test_a_linked_data_signature_beside_the_proof_is_left_out() -> None:
    assert is_good({**proven(), "signature": {"type": "RsaSignature2017"}})


def test_a_proof_without_context_is_read_as_it_stands_and_with_the_documents() -> None:
    assert is_good(with_options(**{"@context": None}))
    document = proven()
    bare = {name: value for name, value in document["proof"].items() if name != "@context"}
    assert is_good({**document, "proof": bare})


@pytest.mark.parametrize(
    "change",
    [
        {"actor": "https://fern.example/leute/bert"},
        {"type": "Update"},
        {"object": {**NOTE["object"], "content": "<p>Anders</p>"}},  # type: ignore[dict-item]
        {"to": ["https://www.w3.org/ns/activitystreams#Public"]},
        {"id": None},
    ],
)
def test_s27_a_document_changed_after_proving_is_not_proven(change: dict[str, Any]) -> None:
    assert not is_good({**proven(), **change})


@pytest.mark.parametrize("name", ["created", "verificationMethod", "type", "proofPurpose", "cryptosuite", "@context"])
def test_s27_every_option_is_covered(name: str) -> None:
    document = proven()
    values = {"created": "2024-08-05T06:59:59Z", "verificationMethod": f"{ACTOR}#other"}
    changed = {**document["proof"], name: values.get(name, "https://fern.example/x")}
    assert not is_good({**document, "proof": changed})


@pytest.mark.parametrize(
    "options",
    [
        {"proofPurpose": "authentication"},
        {"proofPurpose": None},
        {"cryptosuite": "eddsa-rdfc-2022"},
        {"cryptosuite": "ecdsa-jcs-2019"},
        {"cryptosuite": None},
        {"type": "Ed25519Signature2020"},
        {"domain": "links.example"},
        {"challenge": "x"},
        {"previousProof": "urn:x"},
        {"nonce": "x"},
        {"invented": True},
        {"expires": "2024-08-05T06:59:59Z"},
        {"expires": "bald"},
        {"expires": 1},
        {"expires": "2025-01-01T00:00:00"},
        {"created": "2024-08-05T07:30:00Z"},
        {"created": ["2024-08-05T07:00:00Z"]},
        {"@context": ["https://www.w3.org/ns/activitystreams"]},
        {"@context": NOTE["@context"] + ["https://evil.example/ctx"]},  # type: ignore[operator]
        {"verificationMethod": "https://evil.example/leute/anna#ed25519-key"},
        {"verificationMethod": "http://fern.example/leute/anna#ed25519-key"},
        {"verificationMethod": "https://fern.example:8443/leute/anna#ed25519-key"},
        {"verificationMethod": "did:key:z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2"},
        {"verificationMethod": {"id": KEY}},
        {"verificationMethod": None},
    ],
)
def test_s27_an_honestly_signed_proof_of_the_wrong_sort_counts_as_none(options: dict[str, Any]) -> None:
    assert reason(with_options(**options))


def test_s27_a_proof_in_date_with_expires_is_good() -> None:
    later = (NOW + timedelta(days=1)).isoformat()
    assert is_good(with_options(expires=later))
    assert is_good(with_options(created=None))


def test_s27_two_proofs_count_as_none() -> None:
    proof = proven()["proof"]
    assert reason({**NOTE, "proof": [proof, proof]})


@pytest.mark.parametrize("proof", [[], "x", 1, True, [1], [[]], {}, [{}]])
def test_s27_a_proof_that_is_no_object_counts_as_none(proof: Any) -> None:
    assert reason({**NOTE, "proof": proof})


@pytest.mark.parametrize(
    "value", [None, 1, "", "z", "u" + "A" * 86, "z" + "1" * 64, "z" + "2" * 88, "z" + "2" * 5000, "z0"]
)
def test_s27_a_proof_value_that_is_no_signature_counts_as_none(value: Any) -> None:
    document = proven()
    assert not is_good({**document, "proof": {**document["proof"], "proofValue": value}})


def test_s27_a_proof_by_another_key_is_not_good() -> None:
    mallory = Signer(key_id=KEY, key=private_key(ed_key("mallory")))
    assert not is_good(add_proof(NOTE, signer=mallory, now=NOW))


def test_s27_an_rsa_key_proves_nothing() -> None:
    rsa_signer = Signer(key_id=KEY, key=private_key(rsa_key()))
    assert not is_good(proven(), signer=rsa_signer)


@pytest.mark.parametrize("owner", [None, 1, [], ["https://a.example/1", "https://a.example/2"], {}, {"id": 1}])
def test_s27_a_document_without_one_owner_is_not_proven(owner: Any) -> None:
    assert reason(proven(actor=owner))


@pytest.mark.parametrize("owner", [[ACTOR], {"id": ACTOR, "type": "Person"}])
def test_an_owner_may_stand_in_a_list_or_object(owner: Any) -> None:
    assert is_good(proven(actor=owner))


def test_a_note_is_owned_by_its_author() -> None:
    note = {"@context": NOTE["@context"], "type": "Note", "attributedTo": ACTOR, "content": "Moin"}
    assert is_good(add_proof(note, signer=SIGNER, now=NOW))


@pytest.mark.parametrize("value", [math.inf, -math.inf, math.nan, 2**53, -(2**70), "\ud800"])
def test_s28_what_two_parsers_may_read_differently_is_never_proven(value: Any) -> None:
    document = proven()
    assert reason({**document, "object": {**NOTE["object"], "n": value}})  # type: ignore[dict-item]


def test_s28_a_document_nested_without_end_is_never_proven() -> None:
    deep: Any = []
    for _ in range(100_000):
        deep = [deep]
    assert reason({**proven(), "object": deep})


def test_we_do_not_prove_what_cannot_be_written() -> None:
    with pytest.raises(ValueError, match="JCS"):
        add_proof({**NOTE, "n": math.nan}, signer=SIGNER, now=NOW)
