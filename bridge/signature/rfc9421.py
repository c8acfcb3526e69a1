"""Requests <-> RFC 9421 HTTP Message Signatures: Mastodon's and Fedify's second language.

`delivery` and `remote` sign with it, `verify` reads it. RFC 9421 with RFC 9530 digests, algorithms rsa-v1_5-sha256
and ed25519; what must be covered is Mastodon's rule. Own code and not http-message-signatures: that library costs
0.27 ms a check, more than a whole request may; tests hold ours against it.
"""

from __future__ import annotations

from base64 import b64encode
from datetime import datetime

from bridge.signature import structured_field
from bridge.signature.claim import (
    Claim,
    field_value,
    host_signed,
    key_id_from,
    message_bytes,
    public_url,
    targets_signed,
)
from bridge.signature.digest import check_content_digest
from bridge.signature.freshness import check_http_date, check_lifetime, moment_from_unix
from bridge.signature.keys import KeyKind, Signer
from bridge.signature.request import SignatureFault, SignedRequest
from bridge.signature.structured_field import Bare, Item, Member, Parameters
from bridge.urls import Url

_LABEL = "sig1"
_MOST_LABELS = 8

_KINDS: dict[str, frozenset[KeyKind]] = {
    "rsa-v1_5-sha256": frozenset({"rsa"}),
    "ed25519": frozenset({"ed25519"}),
}
_ANY_KIND: frozenset[KeyKind] = frozenset({"rsa", "ed25519"})


def sign(
    *,
    method: str,
    url: Url,
    signer: Signer,
    now: datetime,
    content_digest: str | None = None,
    content_type: str | None = None,
    with_query: bool = True,
) -> dict[str, str]:
    """The headers that a signed request must carry.

    Arguments as for `cavage.sign`; `content_digest` comes from `content_digest_of`.
    """
    if (content_digest is None) != (content_type is None):
        raise ValueError("a body is signed with both its digest and its content type")
    target_uri = url.wire if with_query else url.wire.partition("?")[0]
    lines = [f'"@method": {method.upper()}', f'"@target-uri": {target_uri}']
    covered = '"@method" "@target-uri"'
    headers = {}
    if content_digest is not None and content_type is not None:
        headers = {"Content-Type": content_type, "Content-Digest": content_digest}
        lines.append(f'"content-digest": {content_digest}')
        covered += ' "content-digest"'
    parameters = f"({covered});created={int(now.timestamp())};keyid={structured_field.serialize_string(signer.key_id)}"
    lines.append(f'"@signature-params": {parameters}')
    signature = b64encode(signer.key.sign("\n".join(lines).encode())).decode("ascii")
    return headers | {"Signature-Input": f"{_LABEL}={parameters}", "Signature": f"{_LABEL}=:{signature}:"}


def claim_from(request: SignedRequest, *, origin: str, now: datetime) -> Claim:
    """Read and judge everything that needs no key. `origin` is our public one. Raises SignatureFault.

    Of several signatures exactly one must meet all rules, so that it is never a matter of order who signed.
    """
    inputs = structured_field.parse_dictionary(
        ", ".join(request.fields.get("signature-input", ())), name="Signature-Input"
    )
    if len(inputs) > _MOST_LABELS:
        raise SignatureFault("malformed", f"the request has more than {_MOST_LABELS} signatures")
    lines = request.fields.get("signature")
    if lines is None:
        raise SignatureFault("missing", "there is a Signature-Input header but no Signature header")
    signatures = structured_field.parse_dictionary(", ".join(lines), name="Signature")
    claims: list[Claim] = []
    faults: list[SignatureFault] = []
    for label, member in inputs.items():
        try:
            claims.append(_claim(member, signatures.get(label), request, public_url(origin), now=now))
        except SignatureFault as fault:
            faults.append(fault)
    if not claims:
        raise faults[0]
    if len(claims) > 1:
        raise SignatureFault("malformed", "the request has several signatures, and it is not clear whose it is")
    if request.has_content:
        check_content_digest(request)
    return claims[0]


def signing_string(
    covered: list[str], parameters: str, request: SignedRequest, *, target: str, public: Url, host: str
) -> str:
    """The text that was signed (RFC 9421 2.5), as our own origin sees the request. Raises SignatureFault.

    `parameters` is the canonical `@signature-params`; `host` the name a covered Host header must have said.
    """
    lines = []
    for name in covered:
        if name.startswith("@"):
            value = _derived(name, request.method, target, public)
        elif name == "host":
            value = host
        else:
            value = field_value(request, name)
        lines.append(f'"{name}": {value}')
    lines.append(f'"@signature-params": {parameters}')
    return "\n".join(lines)


def _claim(member: Member, signature: Member | None, request: SignedRequest, public: Url, *, now: datetime) -> Claim:
    if signature is None or not isinstance(signature.value, bytes):
        raise SignatureFault("missing", "the Signature header has no bytes for the label in Signature-Input")
    if not isinstance(member.value, tuple):
        raise SignatureFault("malformed", "the Signature-Input header does not list what is covered")
    covered = _component_names(member.value)
    _check_coverage(covered, request)
    key_id = key_id_from(_text(member.parameters, "keyid"))
    kinds = _kinds(_text(member.parameters, "alg"))
    signed_at = _check_times(member.parameters, now=now)
    if "date" in covered:
        check_http_date(request.single("date", check="date") or "", now=now)
    host, strange_host = host_signed(request, public)
    parameters = structured_field.serialize_list(member.value, member.parameters)
    return Claim(
        scheme="rfc9421",
        key_id=key_id,
        kinds=kinds,
        signed_at=signed_at,
        signature=signature.value,
        messages=tuple(
            message_bytes(signing_string(covered, parameters, request, target=target, public=public, host=host))
            for target in targets_signed(request)
        ),
        strange_host=strange_host,
    )


def _component_names(components: tuple[Item, ...]) -> list[str]:
    names: list[str] = []
    for component in components:
        if component.parameters:
            raise SignatureFault(
                "covered",
                "the signature covers a component with a parameter (sf, bs, req, key, tr), which is not supported",
            )
        if (
            not isinstance(component.value, str)
            or component.value != component.value.lower()
            or component.value in names
        ):
            raise SignatureFault(
                "malformed", "the signature's list of components is not well formed or names one twice"
            )
        names.append(component.value)
    return names


def _check_coverage(covered: list[str], request: SignedRequest) -> None:
    needed = ["@method", "@target-uri", *(["content-digest"] if request.has_content else [])]
    missing = [name for name in needed if name not in covered]
    if missing:
        raise SignatureFault("covered", f"the signature does not cover {', '.join(missing)}")


def _kinds(algorithm: str | None) -> frozenset[KeyKind]:
    if algorithm is None:
        return _ANY_KIND
    if algorithm not in _KINDS:
        raise SignatureFault("algorithm", "the signature's algorithm is neither rsa-v1_5-sha256 nor ed25519")
    return _KINDS[algorithm]


def _check_times(parameters: Parameters, *, now: datetime) -> datetime:
    created = _moment(parameters.get("created"))
    if created is None:
        raise SignatureFault("date", "the signature does not say when it was created")
    check_lifetime(created, _moment(parameters.get("expires")), now=now)
    return created


def _moment(value: Bare | None) -> datetime | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int):
        raise SignatureFault("date", "the signature's times are no whole numbers")
    return moment_from_unix(value)


def _text(parameters: Parameters, name: str) -> str | None:
    value = parameters.get(name)
    if value is not None and not isinstance(value, str):
        raise SignatureFault("malformed", f"the signature's {name} is no text")
    return value


def _derived(name: str, method: str, target: str, public: Url) -> str:
    match name:
        case "@method":
            return method
        case "@target-uri":
            return public.origin + target
        case "@authority":
            return public.authority
        case "@scheme":
            return public.scheme
        case "@request-target":
            return target
        case "@path":
            return target.partition("?")[0]
        case "@query":
            return "?" + target.partition("?")[2]
        case _:
            raise SignatureFault("covered", "the signature covers a derived component that a request does not have")
