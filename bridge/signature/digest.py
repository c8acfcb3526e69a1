"""A body -> its `Digest` and `Content-Digest` headers, and those headers checked against the body that came.

The signers and verifiers of both schemes call it. `Digest` as draft-cavage peers write it (RFC 3230),
`Content-Digest` as RFC 9530. Only SHA-256 counts.
"""

from __future__ import annotations

from base64 import b64encode
from binascii import Error, a2b_base64
from hashlib import sha256
from hmac import compare_digest

from bridge.signature import structured_field
from bridge.signature.request import SignatureFault, SignedRequest


def digest_of(body: bytes) -> str:
    """The `Digest` header of a body. Make it once for all deliveries of one activity."""
    return "SHA-256=" + b64encode(sha256(body).digest()).decode("ascii")


def content_digest_of(body: bytes) -> str:
    """The `Content-Digest` header of a body. Make it once for all deliveries of one activity."""
    return "sha-256=:" + b64encode(sha256(body).digest()).decode("ascii") + ":"


def check_digest(request: SignedRequest) -> None:
    """Check the `Digest` header: a comma list, any case, of which SHA-256 is read. Raises SignatureFault("digest")."""
    lines = request.fields.get("digest")
    if lines is None:
        raise SignatureFault("digest", "there is no Digest header")
    found: set[str] = set()
    for line in lines:
        for entry in line.split(","):
            algorithm, _, value = entry.partition("=")
            if algorithm.strip(" \t").lower() == "sha-256":
                found.add(value.strip(" \t"))
    if not found:
        raise SignatureFault("digest", "the Digest header has no SHA-256")
    if len(found) > 1:
        raise SignatureFault("digest", "the Digest header has two different SHA-256 values")
    try:
        claimed = a2b_base64(found.pop().encode("ascii"), strict_mode=True)
    except (Error, UnicodeEncodeError):
        raise SignatureFault("digest", "the Digest header is not base64") from None
    _compare(claimed, request, "Digest")


def check_content_digest(request: SignedRequest) -> None:
    """Check the `Content-Digest` header, of which `sha-256` is read.

    Raises SignatureFault("digest"), or "malformed".
    """
    lines = request.fields.get("content-digest")
    if lines is None:
        raise SignatureFault("digest", "there is no Content-Digest header")
    members = structured_field.parse_dictionary(", ".join(lines), name="Content-Digest")
    member = members.get("sha-256")
    if member is None:
        raise SignatureFault("digest", "the Content-Digest header has no sha-256")
    if not isinstance(member.value, bytes):
        raise SignatureFault("digest", "the Content-Digest header's sha-256 is no byte sequence")
    _compare(member.value, request, "Content-Digest")


def _compare(claimed: bytes, request: SignedRequest, header: str) -> None:
    if len(claimed) != 32:
        raise SignatureFault("digest", f"the {header} header's SHA-256 is {len(claimed)} bytes long, not 32")
    if not compare_digest(claimed, sha256(request.body or b"").digest()):
        raise SignatureFault("digest", f"the body is not the one the {header} header was made for")
