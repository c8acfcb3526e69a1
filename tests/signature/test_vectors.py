"""Public test vectors: RFC 9421, draft-cavage-12, RFC 8785, FEP-8b32, FEP-521a, W3C eddsa-jcs-2022; and OpenSSL's."""

from __future__ import annotations

import json
import struct
from base64 import b64decode, urlsafe_b64decode
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import rfc8785
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from bridge.signature import cavage, multibase, rfc9421, structured_field
from bridge.signature.digest import check_content_digest, check_digest, content_digest_of, digest_of
from bridge.signature.integrity_proof import ProofClaim, add_proof, hash_pair, proof_claim, proves
from bridge.signature.keys import (
    PublicKey,
    Signer,
    private_key,
    public_key_from_multibase,
    public_key_from_pem,
)
from bridge.signature.request import SignatureFault, SignedRequest
from bridge.signature.verify import claim_of, prove
from bridge.terms import KeyId
from bridge.urls import parse_url

VECTORS = Path(__file__).parent / "vectors"


def vectors(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((VECTORS / f"{name}.json").read_text(encoding="utf-8"))
    return loaded


RFC9421 = vectors("rfc9421")
CAVAGE = vectors("cavage")
OPENSSL = vectors("openssl")
JCS = vectors("jcs")
PROOFS = vectors("proofs")


def bare_base64url(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def rfc9421_text(case: dict[str, Any]) -> tuple[str, str]:
    """The signing string we build for a case, and its canonical parameters."""
    request = SignedRequest(
        method=case["method"],
        target=case["target"],
        headers=tuple((name, value) for name, value in case["headers"]),
        body=None,
    )
    member = structured_field.parse_dictionary(f"sig={case['input']}", name="Signature-Input")["sig"]
    assert isinstance(member.value, tuple)
    parameters = structured_field.serialize_list(member.value, member.parameters)
    public = parse_url(case["origin"], allow_http=False)
    text = rfc9421.signing_string(
        [str(item.value) for item in member.value],
        parameters,
        request,
        target=case["target"],
        public=public,
        host=public.authority,
    )
    return text, parameters


@pytest.mark.parametrize("case", RFC9421["cases"], ids=lambda case: case["name"])
def test_rfc_9421_signatures_verify_over_the_signing_string_we_build(case: dict[str, Any]) -> None:
    text, parameters = rfc9421_text(case)
    assert parameters == case["input"]
    signature = b64decode(case["signature"])
    keys = RFC9421["keys"]
    match case["algorithm"]:
        case "rsa-pss-sha512":  # nobody signs with it here; it proves the text all the same
            key = serialization.load_pem_public_key(keys["rsa_pss_public_pem"].encode())
            key.verify(  # type: ignore[union-attr, call-arg]
                signature, text.encode(), padding.PSS(padding.MGF1(hashes.SHA512()), 64), hashes.SHA512()
            )
        case "ed25519":
            raw = Ed25519PublicKey.from_public_bytes(bare_base64url(keys["ed25519_public"]))
            assert PublicKey(kind="ed25519", key=raw).accepts(text.encode(), signature)
        case _:
            assert public_key_from_pem(keys["rsa_public_pem"]).accepts(text.encode(), signature)


@pytest.mark.parametrize("name", ["B.2.6", "B.4", "4.3"])
def test_our_keys_make_the_deterministic_signatures_of_rfc_9421_bit_by_bit(name: str) -> None:
    case = next(case for case in RFC9421["cases"] if case["name"] == name)
    seed = bare_base64url(RFC9421["keys"]["ed25519_seed"])
    key = private_key(Ed25519PrivateKey.from_private_bytes(seed) if case["algorithm"] == "ed25519" else rfc_rsa_key())
    text, _ = rfc9421_text(case)
    assert key.sign(text.encode()) == b64decode(case["signature"])


def rfc_rsa_key() -> RSAPrivateKey:
    key = serialization.load_pem_private_key(RFC9421["keys"]["rsa_private_pem"].encode(), password=None)
    assert isinstance(key, RSAPrivateKey)
    return key


@pytest.mark.parametrize(
    "change",
    [
        {"method": "POST"},
        {"origin": "https://example.com"},
        {"headers": [["accept", "*/*"], ["accept", "application/json"]]},
    ],
    ids=["method", "authority", "order of Accept"],
)
def test_the_transformations_that_rfc_9421_b4_forbids_break_the_signature(change: dict[str, Any]) -> None:
    case = next(case for case in RFC9421["cases"] if case["name"] == "B.4") | change
    raw = Ed25519PublicKey.from_public_bytes(bare_base64url(RFC9421["keys"]["ed25519_public"]))
    text, _ = rfc9421_text(case)
    assert not PublicKey(kind="ed25519", key=raw).accepts(text.encode(), b64decode(case["signature"]))


@pytest.mark.parametrize(
    "change",
    [
        {"target": "/demo?name1=Value1&Name2=value2&param=added"},
        {"headers": [["referer", "https://developer.example.org/demo"], ["accept", "application/json, */*"]]},
    ],
    ids=["query added", "Accept on one line"],
)
def test_the_transformations_that_rfc_9421_b4_allows_keep_the_signature(change: dict[str, Any]) -> None:
    case = next(case for case in RFC9421["cases"] if case["name"] == "B.4")
    assert rfc9421_text(case | change) == rfc9421_text(case)


def cavage_vector(case: dict[str, Any]) -> SignedRequest:
    header = (
        f'keyId="Test",algorithm="rsa-sha256",headers="{" ".join(case["covered"])}",signature="{case["signature"]}"'
    )
    return SignedRequest(
        method="POST",
        target=CAVAGE["target"],
        headers=(*((name, value) for name, value in CAVAGE["headers"]), ("Signature", header)),
        body=CAVAGE["body"].encode(),
    )


@pytest.mark.parametrize("case", CAVAGE["cases"], ids=lambda case: case["name"])
def test_draft_cavage_appendix_c_signatures_verify_over_the_signing_string_we_build(case: dict[str, Any]) -> None:
    request = cavage_vector(case)
    text = cavage.signing_string(case["covered"], {}, request, target=CAVAGE["target"], host="example.com")
    key = public_key_from_pem(CAVAGE["public_pem"], tolerate_1024=True)
    assert key.accepts(text.encode(), b64decode(case["signature"]))


def test_only_the_appendix_c_request_that_covers_everything_is_let_in() -> None:
    now = datetime.fromisoformat("2014-01-05T21:31:40+00:00")
    weak_default, weak_basic, full = (cavage_vector(case) for case in CAVAGE["cases"])
    claim = claim_of(full, origin="https://example.com", now=now)
    prove(claim, public_key_from_pem(CAVAGE["public_pem"], tolerate_1024=True))
    for weak in (weak_default, weak_basic):
        with pytest.raises(SignatureFault) as caught:
            claim_of(weak, origin="https://example.com", now=now)
        assert caught.value.check == "covered"


def test_the_appendix_c_digest_is_the_one_we_make() -> None:
    full = cavage_vector(CAVAGE["cases"][2])
    check_digest(full)
    assert full.body is not None
    assert digest_of(full.body) == full.fields["digest"][0]


def test_the_content_digest_of_rfc_9530_is_the_one_we_make() -> None:
    body = b'{"hello": "world"}'
    made = content_digest_of(body)
    assert made == "sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:"
    check_content_digest(SignedRequest(method="POST", target="/", headers=(("content-digest", made),), body=body))


@pytest.mark.parametrize("case", OPENSSL["cases"], ids=lambda case: f"{case['scheme']} {case['method']}")
def test_our_signatures_are_those_that_openssl_makes(case: dict[str, Any]) -> None:
    signer = Signer(key_id=KeyId(OPENSSL["key_id"]), key=private_key(rfc_rsa_key()))
    url = parse_url(case["url"], allow_http=False)
    now = datetime.fromisoformat(OPENSSL["time"])
    body = OPENSSL["body"].encode() if case["method"] == "POST" else None
    kind = OPENSSL["content_type"] if body is not None else None
    if case["scheme"] == "cavage":
        digest = None if body is None else digest_of(body)
        headers = cavage.sign(method=case["method"], url=url, signer=signer, now=now, digest=digest, content_type=kind)
        assert f'signature="{case["signature"]}"' in headers["Signature"]
    else:
        content_digest = None if body is None else content_digest_of(body)
        headers = rfc9421.sign(
            method=case["method"], url=url, signer=signer, now=now, content_digest=content_digest, content_type=kind
        )
        assert headers["Signature"] == f"sig1=:{case['signature']}:"
    lines = tuple({"Host": url.authority, **headers}.items())
    request = SignedRequest(method=case["method"], target=url.target, headers=lines, body=body)
    prove(claim_of(request, origin=url.origin, now=now), signer.key.public)


@pytest.mark.parametrize(("text", "canonical"), JCS["documents"])
def test_rfc_8785_documents_are_written_canonically(text: str, canonical: str) -> None:
    assert rfc8785.dumps(json.loads(text)) == canonical.encode()


@pytest.mark.parametrize(("bits", "canonical"), JCS["numbers"])
def test_rfc_8785_numbers_are_written_as_the_table_says(bits: str, canonical: str) -> None:
    (number,) = struct.unpack(">d", bytes.fromhex(bits))
    assert rfc8785.dumps(number) == canonical.encode()


def proof_signer(document: dict[str, Any]) -> Signer:
    seed = multibase.decode(PROOFS["key"]["secret"])[2:]
    key_id = KeyId(document["proof"]["verificationMethod"])
    return Signer(key_id=key_id, key=private_key(Ed25519PrivateKey.from_private_bytes(seed)))


def test_fep_8b32_we_make_the_proof_of_the_feature_file() -> None:
    signed = PROOFS["fep_8b32"]
    unsigned = {name: value for name, value in signed.items() if name != "proof"}
    now = datetime.fromisoformat(PROOFS["time"])
    assert add_proof(unsigned, signer=proof_signer(signed), now=now) == signed


@pytest.mark.parametrize("name", ["fep_8b32", "fep_8b32_earlier"])
def test_fep_8b32_the_proofs_of_the_feature_file_are_good(name: str) -> None:
    claim = proof_claim(PROOFS[name], now=datetime.fromisoformat(PROOFS["time"]))
    assert isinstance(claim, ProofClaim)
    assert claim.owner == "https://server.example/users/alice"
    assert claim.key_id == "https://server.example/users/alice#ed25519-key"
    assert proves(claim, public_key_from_multibase(PROOFS["key"]["public"]))


def test_fep_8b32_the_hashes_are_those_of_the_feature_file() -> None:
    signed = PROOFS["fep_8b32"]
    unsigned = {name: value for name, value in signed.items() if name != "proof"}
    options = {name: value for name, value in signed["proof"].items() if name != "proofValue"}
    assert hash_pair(options, unsigned).hex() == PROOFS["fep_8b32_hash"]


def test_w3c_eddsa_jcs_2022_hashes_and_signature_are_those_of_the_recommendation() -> None:
    w3c = PROOFS["w3c"]
    hashed = hash_pair(w3c["options"], w3c["document"])
    assert hashed.hex() == w3c["proof_hash"] + w3c["document_hash"]
    assert public_key_from_multibase(PROOFS["key"]["public"]).accepts(hashed, multibase.decode(w3c["signature"]))
    signer = proof_signer(PROOFS["fep_8b32"])
    assert multibase.encode(signer.key.sign(hashed)) == w3c["signature"]


def test_fep_521a_an_ed25519_key_is_written_as_the_feature_file_says() -> None:
    case = PROOFS["fep_521a"]["ed25519"]
    key = PublicKey(kind="ed25519", key=Ed25519PublicKey.from_public_bytes(bytes.fromhex(case["hex"])))
    assert key.multibase == case["multibase"]
    assert public_key_from_multibase(case["multibase"]).multibase == case["multibase"]


def test_fep_521a_an_rsa_key_is_read_and_written_as_the_feature_file_says() -> None:
    case = PROOFS["fep_521a"]["rsa"]
    key = public_key_from_multibase(case["multibase"])
    assert key.kind == "rsa"
    assert key.multibase == case["multibase"]
    der = key.key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.PKCS1)
    assert der.hex() == case["hex"]


def test_the_key_pair_of_the_feature_files_belongs_together() -> None:
    assert proof_signer(PROOFS["fep_8b32"]).key.public.multibase == PROOFS["key"]["public"]
