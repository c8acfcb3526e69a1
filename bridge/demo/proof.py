"""An HTTP request -> signature headers, and a signed request -> whether to believe it: the peer's own reading.

Written apart from `bridge.signature` and by the draft alone, so that two readings of it meet in the tests. The peer's
`post_office` signs and the peer's `doors` verify with it. draft-cavage-http-signatures-12 sections 2, 3 and 4.1.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from bridge.clock import http_time

#: How far a sender's clock may be from ours, either way.
DATE_WINDOW = timedelta(hours=1)

_PAIR = re.compile(r'\s*([A-Za-z]+)=(?:"([^"]*)"|(\d+))\s*')


class ProofFault(Exception):
    """A request that proves nothing. The text says why."""


@dataclass(frozen=True, kw_only=True)
class Proof:
    """A `Signature` header, read."""

    key_id: str
    covered: tuple[str, ...]
    signature: bytes


@dataclass(frozen=True, kw_only=True)
class Signed:
    """One request as it came in: what a signature can be about. Header names are lower case."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes


def digest_of(body: bytes) -> str:
    """The `Digest` header's value (RFC 3230 with SHA-256)."""
    return "SHA-256=" + base64.b64encode(hashlib.sha256(body).digest()).decode()


def signed_headers(
    *,
    method: str,
    host: str,
    target: str,
    body: bytes,
    content_type: str,
    key_id: str,
    key: RSAPrivateKey,
    now: datetime,
) -> dict[str, str]:
    """All headers that the signed request needs. A GET covers target, host and date; a POST digest and type as well."""
    headers = {"host": host, "date": http_time(now)}
    if method == "POST":
        headers |= {"digest": digest_of(body), "content-type": content_type}
    covered = ("(request-target)", *headers)
    text = _signing_text(covered, Signed(method=method, target=target, headers=headers, body=body))
    signature = base64.b64encode(key.sign(text, PKCS1v15(), SHA256())).decode()
    headers["signature"] = (
        f'keyId="{key_id}",algorithm="rsa-sha256",headers="{" ".join(covered)}",signature="{signature}"'
    )
    return headers


def read_proof(header: str | None) -> Proof:
    """The parts of a `Signature` header; ProofFault when it is missing, broken or of another algorithm."""
    if not header:
        raise ProofFault("the request is not signed")
    parts: dict[str, str] = {}
    for piece in header.split(","):
        match = _PAIR.fullmatch(piece)
        if match is None:
            raise ProofFault(f"the Signature header has a part that cannot be read: {piece.strip()[:40]}")
        if match[1] in parts:
            raise ProofFault(f"the Signature header says {match[1]} twice")
        parts[match[1]] = match[2] if match[2] is not None else match[3]
    for name in ("keyId", "headers", "signature"):
        if not parts.get(name):
            raise ProofFault(f"the Signature header has no {name}")
    if parts.get("algorithm", "hs2019") not in ("rsa-sha256", "hs2019"):
        raise ProofFault(f"the signature's algorithm is {parts['algorithm']}, not rsa-sha256")
    try:
        signature = base64.b64decode(parts["signature"], validate=True)
    except binascii.Error as error:
        raise ProofFault("the signature is not base64") from error
    return Proof(key_id=parts["keyId"], covered=tuple(parts["headers"].split()), signature=signature)


def judge_request(proof: Proof, request: Signed, *, host: str, now: datetime) -> None:
    """All that can be judged without the key: what is covered, host, date and digest. Raises ProofFault."""
    wanted = {"(request-target)", "host", "date"} | ({"digest"} if request.method == "POST" else set())
    missing = wanted - set(proof.covered)
    if missing:
        raise ProofFault(f"the signature does not cover {', '.join(sorted(missing))}")
    if request.headers.get("host", "").lower() != host.lower():
        raise ProofFault(f"the request is for {request.headers.get('host')}, not for {host}")
    if abs(_date(request.headers.get("date", "")) - now) > DATE_WINDOW:
        raise ProofFault(f"the date {request.headers['date']} is more than an hour away")
    if request.method == "POST" and not _digest_fits(request.headers.get("digest", ""), request.body):
        raise ProofFault("the digest is not the body's")


def judge_signature(proof: Proof, request: Signed, public_key_pem: str) -> None:
    """Raises ProofFault unless the key made this signature over exactly this request."""
    try:
        key = load_pem_public_key(public_key_pem.encode())
    except ValueError as error:
        raise ProofFault("the actor's key cannot be read") from error
    if not isinstance(key, RSAPublicKey):
        raise ProofFault("the actor's key is not an RSA key")
    try:
        key.verify(proof.signature, _signing_text(proof.covered, request), PKCS1v15(), SHA256())
    except InvalidSignature as error:
        raise ProofFault("the signature is wrong") from error


def _signing_text(covered: tuple[str, ...], request: Signed) -> bytes:
    lines = []
    for name in covered:
        if name == "(request-target)":
            value = f"{request.method.lower()} {request.target}"
        elif name in request.headers:
            value = request.headers[name].strip()
        else:
            raise ProofFault(f"the signature covers {name}, which the request does not have")
        lines.append(f"{name}: {value}")
    return "\n".join(lines).encode()


def _date(text: str) -> datetime:
    try:
        moment = parsedate_to_datetime(text)
    except ValueError as error:
        raise ProofFault(f"the date cannot be read: {text[:40]!r}") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _digest_fits(header: str, body: bytes) -> bool:
    values = dict(part.strip().partition("=")[::2] for part in header.split(","))
    given = next((value for name, value in values.items() if name.upper() == "SHA-256"), None)
    return given is not None and given == digest_of(body).partition("=")[2]
