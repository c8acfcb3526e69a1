"""Digest and Content-Digest against the body (S8, S10, S21)."""

from __future__ import annotations

import hashlib
from base64 import b64encode

import pytest

from bridge.signature.digest import check_content_digest, check_digest, content_digest_of, digest_of
from bridge.signature.request import SignatureFault, SignedRequest

BODY = "Schöne Grüße aus Kiel".encode()
RIGHT = b64encode(hashlib.sha256(BODY).digest()).decode()
OTHER = b64encode(hashlib.sha256(b"anders").digest()).decode()
SHA512 = b64encode(hashlib.sha512(BODY).digest()).decode()
SHORT = b64encode(hashlib.sha256(BODY).digest()[:31]).decode()


def request(name: str, *lines: str, body: bytes | None = BODY) -> SignedRequest:
    return SignedRequest(method="POST", target="/inbox", headers=tuple((name, line) for line in lines), body=body)


@pytest.mark.parametrize(
    "lines",
    [
        [f"SHA-256={RIGHT}"],
        [f"sha-256={RIGHT}"],
        [f"SHA-512={SHA512},SHA-256={RIGHT}"],
        [f"MD5=AAAA , sha-256={RIGHT} "],
        [f"SHA-256={RIGHT}", f"SHA-256={RIGHT}"],
    ],
)
def test_s8_a_right_digest_is_taken_in_every_spelling(lines: list[str]) -> None:
    check_digest(request("Digest", *lines))


@pytest.mark.parametrize(
    "lines",
    [
        [],
        [""],
        [f"SHA-256={OTHER}"],
        [f"SHA-512={SHA512}"],
        ["MD5=1B2M2Y8AsgTpgAmY7PhCfg=="],
        ["SHA-256=nicht base64!"],
        [f"SHA-256={RIGHT[:-1]}"],
        [f"SHA-256={SHORT}"],
        [f"SHA-256={RIGHT}, SHA-256={OTHER}"],
        [f"SHA-256={OTHER}", f"sha-256={RIGHT}"],
        [f"SHA-256=:{RIGHT}:"],
        ["SHA-256=ü"],
    ],
)
def test_s10_any_other_digest_is_refused(lines: list[str]) -> None:
    with pytest.raises(SignatureFault) as caught:
        check_digest(request("Digest", *lines))
    assert caught.value.check == "digest"


@pytest.mark.parametrize(
    "lines",
    [
        [f"sha-256=:{RIGHT}:"],
        [f"sha-512=:{SHA512}:, sha-256=:{RIGHT}:"],
        [f"sha-512=:{SHA512}:", f"sha-256=:{RIGHT}:"],
        [f"sha-256=:{RIGHT}:;quelle=fern"],
    ],
)
def test_a_right_content_digest_is_taken(lines: list[str]) -> None:
    check_content_digest(request("Content-Digest", *lines))


@pytest.mark.parametrize(
    ("lines", "check"),
    [
        ([], "digest"),
        ([f"sha-512=:{SHA512}:"], "digest"),
        ([f"sha-256=:{OTHER}:"], "digest"),
        ([f"sha-256=:{SHORT}:"], "digest"),
        ([f'sha-256="{RIGHT}"'], "digest"),
        ([f"sha-256=(:{RIGHT}:)"], "digest"),
        (["sha-256"], "digest"),
        ([f"sha-256={RIGHT}"], "malformed"),
        ([f"SHA-256=:{RIGHT}:"], "malformed"),
        ([f"sha-256=:{RIGHT}:, sha-256=:{RIGHT}:"], "malformed"),
        ([f"sha-256=:{RIGHT}:,"], "malformed"),
        ([""], "malformed"),
    ],
)
def test_s21_any_other_content_digest_is_refused(lines: list[str], check: str) -> None:
    with pytest.raises(SignatureFault) as caught:
        check_content_digest(request("Content-Digest", *lines))
    assert caught.value.check == check


def test_what_we_make_is_what_we_check() -> None:
    check_digest(request("digest", digest_of(BODY)))
    check_content_digest(request("content-digest", content_digest_of(BODY)))
    check_digest(request("digest", digest_of(b""), body=None))
