"""Requests <-> draft-cavage-12 HTTP signatures: the scheme that every server of the fediverse speaks.

`delivery` and `remote` sign with it, `verify` reads it. draft-cavage-http-signatures-12, as narrowed by SWICG
"ActivityPub and HTTP Signatures"; what must be covered is Mastodon's rule and a little more, so that a signature
cannot be moved to another path, server or body.
"""

from __future__ import annotations

import re
from base64 import b64encode
from binascii import Error, a2b_base64
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache

from bridge.clock import http_time
from bridge.signature.claim import (
    Claim,
    field_value,
    host_signed,
    key_id_from,
    message_bytes,
    public_url,
    targets_signed,
)
from bridge.signature.digest import check_digest
from bridge.signature.freshness import check_http_date, check_lifetime, moment_from_unix
from bridge.signature.keys import KeyKind, Signer
from bridge.signature.request import SignatureFault, SignedRequest
from bridge.urls import Url

#: Longest Signature header we read, in characters.
LONGEST = 64 * 1024
_MOST_HEADERS = 64

# `hs2019` says "what the key is made for", and means RSA with SHA-256 where the key is RSA (GoToSocial and Mastodon
# alike).
_KINDS: dict[str, frozenset[KeyKind]] = {
    "rsa-sha256": frozenset({"rsa"}),
    "hs2019": frozenset({"rsa", "ed25519"}),
}

# Quantifiers are possessive, so a match never goes back: reading is linear in the length whatever is there.
_PARAMETER = re.compile(
    r'[ \t]*+([A-Za-z][A-Za-z0-9_-]*+)[ \t]*+=[ \t]*+(?:"((?:[^"\\]++|\\.)*+)"|([0-9]++))[ \t]*+(?:,|\Z)'
)
_ESCAPED = re.compile(r"\\(.)")
_TIME = re.compile(r"[0-9]{1,12}", re.ASCII)


def sign(
    *,
    method: str,
    url: Url,
    signer: Signer,
    now: datetime,
    digest: str | None = None,
    content_type: str | None = None,
    with_query: bool = True,
) -> dict[str, str]:
    """The headers that a signed request must carry, `Signature` among them; nothing else in them needs to be known.

    A body needs both `digest` (from `digest_of`, once per activity) and `content_type`. `with_query` is False for the
    second try at a server that answers 401 to a fetch with a query. The request must go to `url.wire` as it stands.
    Safe to call from threads; about 0.3 ms of RSA.
    """
    if (digest is None) != (content_type is None):
        raise ValueError("a body is signed with both its digest and its content type")
    target = url.target if with_query else url.target.partition("?")[0]
    headers = {"Host": url.authority, "Date": http_time(now)}
    if digest is not None and content_type is not None:
        headers |= {"Digest": digest, "Content-Type": content_type}
    names = " ".join(map(str.lower, headers))
    lines = [
        f"(request-target): {method.lower()} {target}",
        *(f"{name.lower()}: {value}" for name, value in headers.items()),
    ]
    signature = b64encode(signer.key.sign("\n".join(lines).encode())).decode("ascii")
    algorithm = "rsa-sha256" if signer.key.kind == "rsa" else "hs2019"
    headers["Signature"] = (
        f'keyId="{signer.key_id}",algorithm="{algorithm}",headers="(request-target) {names}",signature="{signature}"'
    )
    return headers


def parse_signature(text: str) -> dict[str, str]:
    """The parameters of a Signature header under lower-case names. One that appears twice is a fault.

    Raises SignatureFault.
    """
    if len(text) > LONGEST:
        raise SignatureFault("malformed", "the Signature header is longer than 64 kB")
    parameters: dict[str, str] = {}
    place = 0
    while place < len(text):
        found = _PARAMETER.match(text, place)
        if found is None:
            raise SignatureFault("malformed", "the Signature header cannot be read")
        name, quoted, number = found.groups()
        name = name.lower()
        if name in parameters:
            raise SignatureFault("malformed", "a parameter stands twice in the Signature header")
        value = number if quoted is None else quoted
        parameters[name] = _ESCAPED.sub(r"\1", value) if "\\" in value else value
        place = found.end()
    return parameters


def claim_from(request: SignedRequest, *, origin: str, now: datetime) -> Claim:
    """Read and judge everything that needs no key. `origin` is our public one. Raises SignatureFault."""
    header = request.single("signature", check="malformed")
    if not header:
        raise SignatureFault("missing", "the request is not signed")
    parameters = parse_signature(header)
    key_id = key_id_from(parameters.get("keyid"))
    algorithm = parameters.get("algorithm", "hs2019").lower()
    if algorithm not in _KINDS:
        raise SignatureFault("algorithm", "the signature's algorithm is neither rsa-sha256 nor hs2019")
    covered = _covered(parameters.get("headers", "(created)"), algorithm, has_content=request.has_content)
    signed_at = _check_times(covered, parameters, request, now=now)
    host, strange_host = host_signed(request, public_url(origin))
    if request.has_content:
        check_digest(request)
    return Claim(
        scheme="cavage",
        key_id=key_id,
        kinds=_KINDS[algorithm],
        signed_at=signed_at,
        signature=_signature_bytes(parameters.get("signature")),
        messages=tuple(
            message_bytes(signing_string(covered, parameters, request, target=target, host=host))
            for target in targets_signed(request)
        ),
        strange_host=strange_host,
    )


def signing_string(
    covered: Sequence[str], parameters: dict[str, str], request: SignedRequest, *, target: str, host: str
) -> str:
    """The text that was signed (draft-cavage-12 2.3). `host` is the name a covered Host header must have said.

    Raises SignatureFault where the request lacks what is covered.
    """
    lines = []
    for name in covered:
        if name == "(request-target)":
            value = f"{request.method.lower()} {target}"
        elif name == "host":
            value = host
        elif name in {"(created)", "(expires)"}:
            value = parameters[name[1:-1]]
        else:
            value = field_value(request, name)
        lines.append(f"{name}: {value}")
    return "\n".join(lines)


@lru_cache(maxsize=64)
def _covered(listed: str, algorithm: str, *, has_content: bool) -> Sequence[str]:
    """The headers that are covered, if that is enough. Kept, because each kind of server has its one list.

    Without `headers` the draft signs `(created)` alone, and older drafts `date` alone: neither says where the request
    goes. Raises SignatureFault.
    """
    covered = listed.lower().split()
    if not covered or len(covered) > _MOST_HEADERS or len(set(covered)) != len(covered):
        raise SignatureFault("malformed", "the signature's list of headers is empty, too long or names one twice")
    if algorithm == "rsa-sha256" and ("(created)" in covered or "(expires)" in covered):
        raise SignatureFault("algorithm", "the signature covers (created) or (expires), which rsa-sha256 does not know")
    needed = ["(request-target)", "host"]
    if has_content:
        needed.append("digest")
    missing = [name for name in needed if name not in covered]
    if "date" not in covered and "(created)" not in covered:
        missing.append("date")
    if missing:
        raise SignatureFault("covered", f"the signature does not cover {', '.join(missing)}")
    return tuple(covered)


def _check_times(
    covered: Sequence[str], parameters: dict[str, str], request: SignedRequest, *, now: datetime
) -> datetime:
    date = request.single("date", check="date")
    signed_at = now
    if "date" in covered:
        if date is None:
            raise SignatureFault("date", "there is no Date header")
        signed_at = check_http_date(date, now=now)
    expires = _time("expires", parameters)
    created = _time("created", parameters)
    if expires is not None and expires < now:
        raise SignatureFault("date", "the signature has expired")
    if "(expires)" in covered and expires is None:
        raise SignatureFault("date", "the signature covers (expires) but does not say when")
    if "(created)" in covered:
        if created is None:
            raise SignatureFault("date", "the signature covers (created) but does not say when")
        # An `expires` that is not signed may shorten a signature's life, never lengthen it.
        check_lifetime(created, expires if "(expires)" in covered else None, now=now)
        signed_at = created
    elif "(expires)" in covered:
        check_lifetime(signed_at, expires, now=now)
    return signed_at


def _time(name: str, parameters: dict[str, str]) -> datetime | None:
    value = parameters.get(name)
    if value is None:
        return None
    if not _TIME.fullmatch(value):
        raise SignatureFault("date", f"the signature's {name} is no whole number")
    return moment_from_unix(int(value))


def _signature_bytes(text: str | None) -> bytes:
    if not text:
        raise SignatureFault("missing", "the Signature header holds no signature")
    try:
        return a2b_base64(text.encode("ascii"), strict_mode=True)
    except (Error, UnicodeEncodeError):
        raise SignatureFault("malformed", "the signature is not base64") from None
