"""CPU microseconds of each signature step: `python -m bench.signatures`, best of five rounds.

Compare inside one run only, and against its first line: RSA alone shows how fast the machine is at the moment.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key

from bridge.signature import cavage, rfc9421, structured_field
from bridge.signature.digest import content_digest_of, digest_of
from bridge.signature.integrity_proof import ProofClaim, add_proof, proof_claim, proves
from bridge.signature.keys import PublicKey, Signer, private_key, public_key_from_pem
from bridge.signature.request import SignatureFault, SignedRequest
from bridge.signature.verify import Claim, claim_of, prove
from bridge.terms import KeyId
from bridge.urls import parse_url

ORIGIN = "https://links.example"
URL = parse_url(f"{ORIGIN}/inbox", allow_http=False)
BODY = b'{"type":"Note","content":"' + b"Moin " * 400 + b'"}'
KIND = "application/activity+json"
NOW = datetime.now(UTC)
PLAIN_HEADERS = (("user-agent", "Fern/4.2"), ("accept-encoding", "gzip"), ("content-length", str(len(BODY))))


def cpu_us(step: Callable[[], object], runs: int) -> float:
    """Least CPU microseconds a run over five rounds."""
    rounds = []
    for _ in range(5):
        start = time.process_time()
        for _ in range(runs):
            step()
        rounds.append((time.process_time() - start) / runs * 1e6)
    return min(rounds)


def show(name: str, step: Callable[[], object], runs: int = 500) -> None:
    print(f"{name:<52}{cpu_us(step, runs):>10.1f} us")


def received(headers: dict[str, str]) -> SignedRequest:
    return SignedRequest(method="POST", target="/inbox", headers=(*headers.items(), *PLAIN_HEADERS), body=BODY)


def judge(headers: dict[str, str]) -> Claim:
    return claim_of(received(headers), origin=ORIGIN, now=NOW)


def judge_and_verify(headers: dict[str, str], key: PublicKey) -> None:
    prove(judge(headers), key)


def signing_and_verifying(name: str, signer: Signer) -> None:
    public = signer.key.public
    message = b"x" * 250
    signature = signer.key.sign(message)
    show(f"{name}: sign alone", lambda: signer.key.sign(message))
    show(f"{name}: verify alone", lambda: public.accepts(message, signature))

    def sign_cavage() -> dict[str, str]:
        return cavage.sign(method="POST", url=URL, signer=signer, now=NOW, digest=digest, content_type=KIND)

    def sign_9421() -> dict[str, str]:
        return rfc9421.sign(
            method="POST", url=URL, signer=signer, now=NOW, content_digest=content_digest, content_type=KIND
        )

    digest, content_digest = digest_of(BODY), content_digest_of(BODY)
    for scheme, sign in (("draft-cavage", sign_cavage), ("RFC 9421", sign_9421)):
        headers = sign()
        claim = judge(headers)
        show(f"{name}: {scheme} sign", sign)
        show(f"{name}: {scheme} read and judge", partial(judge, headers))
        show(f"{name}: {scheme} read, judge and verify", partial(judge_and_verify, headers, public))
        assert claim.key_id == signer.key_id


def proving(signer: Signer) -> None:
    actor = "https://links.example/actor/a1"
    document = {
        "@context": ["https://www.w3.org/ns/activitystreams"],
        "actor": actor,
        "object": {"content": "Moin " * 280},
    }
    proven = add_proof(document, signer=signer, now=NOW)

    def check() -> bool:
        claim = proof_claim(proven, now=NOW)
        return isinstance(claim, ProofClaim) and proves(claim, signer.key.public)

    show("FEP-8b32: make a proof (1.5 kB)", lambda: add_proof(document, signer=signer, now=NOW))
    show("FEP-8b32: check a proof (1.5 kB)", check)


def long_input() -> None:
    """Each line is half as long as the next; twice the time is linear, four times would be quadratic."""
    for length in (15_000, 30_000, 60_000):
        nasty = 'keyId="' + '\\"' * (length // 2)
        listed = 's=("' + "a" * length + '")'

        def read_nasty(text: str = nasty) -> None:
            try:
                cavage.parse_signature(text)
            except SignatureFault:
                return

        show(f"unclosed Signature header of {length} characters", read_nasty, 20)
        read_listed = partial(structured_field.parse_dictionary, listed, name="Signature-Input")
        show(f"Signature-Input of {length} characters", read_listed, 20)


def main() -> None:
    rsa = Signer(key_id=KeyId("https://fern.example/anna#main-key"), key=private_key(generate_private_key(65537, 2048)))
    ed = Signer(
        key_id=KeyId("https://links.example/actor/a1#ed25519-key"), key=private_key(Ed25519PrivateKey.generate())
    )
    signing_and_verifying("RSA-2048", rsa)
    signing_and_verifying("Ed25519", ed)
    proving(ed)
    pem = rsa.key.public.pem
    show("load a public PEM", lambda: public_key_from_pem(pem))
    show("parse an address", lambda: parse_url("https://fern.example/leute/anna#main-key", allow_http=False), 5000)
    show("digest of 2 kB", lambda: digest_of(BODY), 5000)
    long_input()


if __name__ == "__main__":
    main()
