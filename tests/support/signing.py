"""Requests signed by hand, as other servers would: shares no code with bridge.signature, so that it checks it."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import cache
from hashlib import sha256

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, padding, rsa

from bridge.signature.request import SignedRequest

NOW = datetime(2024, 8, 5, 7, 0, tzinfo=UTC)
ORIGIN = "https://links.example"
KEY_ID = "https://fern.example/leute/anna#main-key"
BODY = '{"type":"Note","content":"Schöne Grüße"}'.encode()

RsaKey = rsa.RSAPrivateKey
EdKey = ed25519.Ed25519PrivateKey


@cache
def rsa_key(name: str = "anna", bits: int = 2048) -> RsaKey:
    """One RSA key for each name, made once a run."""
    return rsa.generate_private_key(65537, bits)


@cache
def ed_key(name: str = "anna") -> EdKey:
    """One Ed25519 key for each name, the same in every run."""
    return ed25519.Ed25519PrivateKey.from_private_bytes(sha256(name.encode()).digest())


def pem_of(key: RsaKey | EdKey) -> str:
    return (
        key.public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        .decode()
    )


def http_date(moment: datetime) -> str:
    return format_datetime(moment, usegmt=True)


def digest(body: bytes) -> str:
    return "SHA-256=" + b64encode(sha256(body).digest()).decode()


def content_digest(body: bytes) -> str:
    return "sha-256=:" + b64encode(sha256(body).digest()).decode() + ":"


def raw_signature(text: str, key: RsaKey | EdKey) -> str:
    if isinstance(key, RsaKey):
        return b64encode(key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())).decode()
    return b64encode(key.sign(text.encode())).decode()


def post_headers(*, body: bytes = BODY, host: str = "links.example", date: datetime = NOW) -> dict[str, str]:
    return {
        "host": host,
        "date": http_date(date),
        "digest": digest(body),
        "content-type": "application/activity+json",
        "content-length": str(len(body)),
        "user-agent": "Fern/4.2 (+https://fern.example/)",
    }


def cavage_request(
    *,
    method: str = "POST",
    target: str = "/inbox",
    headers: dict[str, str] | None = None,
    body: bytes | None = BODY,
    covered: Sequence[str] | None = ("(request-target)", "host", "date", "digest", "content-type"),
    key: RsaKey | EdKey | None = None,
    algorithm: str | None = "rsa-sha256",
    created: str | None = None,
    expires: str | None = None,
    signed_target: str | None = None,
    key_id: str = KEY_ID,
    extra_lines: Iterable[tuple[str, str]] = (),
) -> SignedRequest:
    """A draft-cavage request; `covered` None leaves `headers` out, `signed_target` signs another one than is asked."""
    fields = post_headers() if headers is None else headers
    special = {
        "(request-target)": f"{method.lower()} {target if signed_target is None else signed_target}",
        "(created)": created or "",
        "(expires)": expires or "",
    }
    names = covered if covered is not None else ["(created)"]
    text = "\n".join(f"{name}: {special.get(name, fields.get(name, ''))}" for name in names)
    parameters = {
        "keyId": f'"{key_id}"',
        "algorithm": None if algorithm is None else f'"{algorithm}"',
        "created": created,
        "expires": expires,
        "headers": None if covered is None else f'"{" ".join(covered)}"',
        "signature": f'"{raw_signature(text, key or rsa_key())}"',
    }
    header = ",".join(f"{name}={value}" for name, value in parameters.items() if value is not None)
    return request_with({**fields, "signature": header}, method=method, target=target, body=body, extra=extra_lines)


def rfc9421_request(
    *,
    method: str = "POST",
    target: str = "/inbox",
    headers: dict[str, str] | None = None,
    body: bytes | None = BODY,
    covered: Sequence[str] = ('"@method"', '"@target-uri"', '"content-digest"'),
    values: dict[str, str] | None = None,
    parameters: str | None = None,
    key: RsaKey | EdKey | None = None,
    label: str = "sig1",
) -> SignedRequest:
    """An RFC 9421 request; `values` replaces what the signer saw, `parameters` what follows the list."""
    fields = {**post_headers(), "content-digest": content_digest(body or b"")} if headers is None else headers
    seen = {
        '"@method"': method,
        '"@target-uri"': f"https://links.example{target}",
        '"@authority"': "links.example",
        '"@scheme"': "https",
        '"@request-target"': target,
        '"@path"': target.partition("?")[0],
        '"@query"': "?" + target.partition("?")[2],
        **{f'"{name}"': value for name, value in fields.items()},
        **(values or {}),
    }
    tail = f';created={int(NOW.timestamp())};keyid="{KEY_ID}"' if parameters is None else parameters
    listed = f"({' '.join(covered)}){tail}"
    text = "\n".join([*(f"{name}: {seen.get(name, '')}" for name in covered), f'"@signature-params": {listed}'])
    signature = raw_signature(text, key or rsa_key())
    return request_with(
        {**fields, "signature-input": f"{label}={listed}", "signature": f"{label}=:{signature}:"},
        method=method,
        target=target,
        body=body,
    )


def request_with(
    headers: dict[str, str],
    *,
    method: str = "POST",
    target: str = "/inbox",
    body: bytes | None = BODY,
    extra: Iterable[tuple[str, str]] = (),
) -> SignedRequest:
    return SignedRequest(method=method, target=target, headers=(*headers.items(), *extra), body=body)


def changed(request: SignedRequest, **headers: str | None) -> SignedRequest:
    """The request with some headers set (underscores for hyphens) or, where None, taken out."""
    kept = dict(request.headers)
    for name, value in headers.items():
        kept.pop(name.replace("_", "-"), None)
        if value is not None:
            kept[name.replace("_", "-")] = value
    return request_with(kept, method=request.method, target=request.target, body=request.body)
