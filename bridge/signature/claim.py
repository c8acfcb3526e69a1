"""A request that passed every check but the key's -> proven, or a fault: where both schemes meet.

`cavage` and `rfc9421` make a `Claim`; `verify` hands it to the inbox, which finds the key and asks `prove`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Literal

from bridge.signature.keys import KeyKind, PublicKey
from bridge.signature.request import SignatureFault, SignedRequest
from bridge.terms import KeyId
from bridge.urls import LONGEST, Url, parse_url

Scheme = Literal["cavage", "rfc9421"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Claim:
    """What a signature says of itself. Time, host, digest and coverage are already judged; who made it is not."""

    scheme: Scheme
    #: As the sender wrote it; not yet judged as an address.
    key_id: KeyId
    #: Kinds of key that the named algorithm allows.
    kinds: frozenset[KeyKind]
    #: When the sender says it signed.
    signed_at: datetime
    signature: bytes
    #: The texts that may have been signed, the likeliest first: with the query and, for a GET, without.
    messages: tuple[bytes, ...]
    #: The Host header where it is not ours: a proxy rewrote it, or the request was meant for somebody else.
    strange_host: str | None


def prove(claim: Claim, key: PublicKey) -> None:
    """Check the signature itself. The caller has made sure that the key is the one `claim.key_id` names.

    Raises SignatureFault.
    """
    if key.kind not in claim.kinds:
        raise SignatureFault("algorithm", "the signature names an algorithm that the sender's key is not made for")
    if any(key.accepts(message, claim.signature) for message in claim.messages):
        return
    if claim.strange_host is not None:
        raise SignatureFault("host", f"the signature is not for this server: the Host header says {claim.strange_host}")
    raise SignatureFault("mismatch", "the signature does not match the sender's key")


@lru_cache(maxsize=16)
def public_url(origin: str) -> Url:
    """Our own public origin, split. Raises BadUrl; the configuration has been judged before."""
    return parse_url(origin, allow_http=True)


def host_signed(request: SignedRequest, public: Url) -> tuple[str, str | None]:
    """The host a signature must name, and the Host header if it is a strange one.

    Our configured host is what counts. Where the header says the same in other letters (`:443`, upper case), the
    sender signed the header's letters; where it says something else, a proxy may have rewritten it, and only a
    signature for our own name is good.
    """
    header = request.single("host", check="host")
    if header is None:
        return public.authority, None
    default_port = f":{public.port}"
    plain = header.lower()
    if plain == public.authority or (plain.endswith(default_port) and plain == public.host + default_port):
        return header, None
    return public.authority, header[:255]


def key_id_from(text: str | None) -> KeyId:
    """The keyId as it stands, if it stands there. Raises SignatureFault."""
    if not text:
        raise SignatureFault("missing", "the signature names no key")
    if len(text) > LONGEST:
        raise SignatureFault("malformed", f"the signature's key name is longer than {LONGEST} characters")
    return KeyId(text)


def message_bytes(text: str) -> bytes:
    """The bytes of a signed text; header bytes beyond UTF-8 come back as they were received. Raises SignatureFault."""
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        raise SignatureFault("malformed", "a signed header holds characters that no request can carry") from None


def field_value(request: SignedRequest, name: str) -> str:
    """The value a signature speaks of where it covers a header; lines of one name are joined. Raises SignatureFault."""
    lines = request.fields.get(name)
    if lines is None:
        raise SignatureFault("covered", "the signature covers a header that the request does not have")
    value = lines[0] if len(lines) == 1 else ", ".join(lines)
    if "\n" in value or "\r" in value:
        raise SignatureFault("malformed", "a signed header holds a line break")
    return value


def targets_signed(request: SignedRequest) -> tuple[str, ...]:
    """The targets a signature may have been made for: the request line's and, for a fetch, the same without its query.

    Some servers sign a fetch without the query (protocol: GoToSocial and Mastodon try both). A POST must be signed as
    sent: else a request could be replayed to the same path with another query.
    """
    path, question_mark, _ = request.target.partition("?")
    return (request.target, path) if question_mark and not request.has_content else (request.target,)
