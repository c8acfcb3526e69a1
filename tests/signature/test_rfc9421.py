"""RFC 9421 signatures as strangers send them: who signed, what and for whom (S1, S2, S8 to S13, S15); and ours."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from http_message_signatures import HTTPMessageSigner, HTTPMessageVerifier, InvalidSignature, algorithms
from http_message_signatures.resolvers import MappingKeyResolver
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.signature import rfc9421
from bridge.signature.digest import content_digest_of
from bridge.signature.keys import Signer, private_key
from bridge.signature.request import SignedRequest
from bridge.terms import KeyId
from bridge.urls import parse_url
from tests.support.signing import (
    BODY,
    KEY_ID,
    NOW,
    cavage_request,
    changed,
    content_digest,
    ed_key,
    http_date,
    post_headers,
    rfc9421_request,
    rsa_key,
)
from tests.support.verdict import ANNA_ED, accepted, refused

UNIX = int(NOW.timestamp())
POST = ('"@method"', '"@target-uri"', '"content-digest"')
GET = ('"@method"', '"@target-uri"')
FEDIFY = ('"@method"', '"@target-uri"', '"@authority"', '"host"', '"date"', '"content-digest"')


def get_request(**arguments: Any) -> SignedRequest:
    headers = {"host": "links.example", "date": http_date(NOW)}
    return rfc9421_request(**{"method": "GET", "body": None, "covered": GET, "headers": headers, **arguments})


def parameters(**values: str) -> str:
    all_values = {"created": str(UNIX), "keyid": f'"{KEY_ID}"', **values}
    return "".join(f";{name}={value}" for name, value in all_values.items() if value)


# --- what real servers send


def test_a_post_as_mastodon_signs_it_is_accepted() -> None:
    claim = accepted(rfc9421_request())
    assert (claim.scheme, claim.key_id, claim.signed_at) == ("rfc9421", KEY_ID, NOW)


@pytest.mark.parametrize("algorithm", ['"rsa-v1_5-sha256"', ""])
def test_a_post_as_fedify_signs_it_is_accepted(algorithm: str) -> None:
    accepted(rfc9421_request(covered=FEDIFY, parameters=parameters(alg=algorithm)))


@pytest.mark.parametrize("algorithm", ['"ed25519"', ""])
def test_an_ed25519_key_is_accepted(algorithm: str) -> None:
    accepted(rfc9421_request(key=ed_key(), parameters=parameters(alg=algorithm)), key=ANNA_ED)


def test_every_derived_component_of_a_request_may_be_covered() -> None:
    derived = ('"@authority"', '"@scheme"', '"@request-target"', '"@path"', '"@query"')
    accepted(get_request(target="/outbox?page=1", covered=(*GET, *derived)))
    accepted(get_request(covered=(*GET, *derived)))


def test_a_fetch_is_accepted_with_its_query_signed_and_without() -> None:
    accepted(get_request(target="/outbox?page=1"))
    accepted(get_request(target="/outbox?page=1", values={'"@target-uri"': "https://links.example/outbox"}))


def test_nonce_tag_and_unknown_parameters_are_signed_and_ignored() -> None:
    accepted(rfc9421_request(parameters=parameters(nonce='"n\\"1"', tag='"x"', other="wort", more="?0", raw=":AAE=:")))


def test_a_parameter_order_other_than_ours_is_kept() -> None:
    accepted(rfc9421_request(parameters=f';keyid="{KEY_ID}";alg="rsa-v1_5-sha256";created={UNIX}'))


def test_spare_blanks_are_read_as_the_standard_writes_them() -> None:
    request = rfc9421_request()
    spaced = request.fields["signature-input"][0].replace("(", "(  ").replace(")", " )").replace(";", "; ")
    accepted(changed(request, signature_input=spaced))


def test_a_signature_input_header_means_rfc_9421_whatever_else_is_there() -> None:
    request = cavage_request()
    assert refused(changed(request, signature_input='sig1=("@method")')) == "malformed"


# --- S2, S8 to S13, S15


def test_s1_a_signature_input_without_signature_is_refused() -> None:
    assert refused(changed(rfc9421_request(), signature=None)) == "missing"


def test_s2_a_signature_by_another_key_is_refused() -> None:
    assert refused(rfc9421_request(key=rsa_key("mallory"))) == "mismatch"


def test_s8_a_body_changed_after_signing_is_refused() -> None:
    request = rfc9421_request()
    forged = SignedRequest(method="POST", target="/inbox", headers=request.headers, body=BODY + b" ")
    assert refused(forged) == "digest"
    again = changed(request, content_digest=content_digest(BODY + b" "))
    assert refused(SignedRequest(method="POST", target="/inbox", headers=again.headers, body=BODY + b" ")) == "mismatch"


def test_s9_a_content_digest_that_is_not_signed_is_refused() -> None:
    assert refused(rfc9421_request(covered=GET)) == "covered"
    assert refused(rfc9421_request(covered=GET, body=b"")) == "covered"


def test_s10_a_content_digest_that_is_covered_but_missing_is_refused() -> None:
    assert refused(changed(rfc9421_request(), content_digest=None)) in {"covered", "digest"}


def test_s12_a_request_signed_for_another_server_is_refused() -> None:
    headers = {**post_headers(host="other.example"), "content-digest": content_digest(BODY)}
    request = rfc9421_request(headers=headers, values={'"@target-uri"': "https://other.example/inbox"})
    assert refused(request) == "host"
    assert refused(changed(request, host="links.example")) == "mismatch"
    assert refused(rfc9421_request(covered=FEDIFY, values={'"@authority"': "other.example"})) == "mismatch"


def test_s12_a_request_signed_for_http_is_refused_by_an_https_server() -> None:
    assert refused(rfc9421_request(values={'"@target-uri"': "http://links.example/inbox"})) == "mismatch"


def test_s12_a_host_header_rewritten_by_a_proxy_does_not_matter() -> None:
    accepted(changed(rfc9421_request(covered=FEDIFY), host="127.0.0.1:8000"))


def test_s13_a_covered_date_must_be_near_too() -> None:
    headers = {**post_headers(date=NOW - timedelta(hours=2)), "content-digest": content_digest(BODY)}
    assert refused(rfc9421_request(headers=headers, covered=FEDIFY)) == "date"
    accepted(rfc9421_request(headers=headers))
    assert refused(changed(rfc9421_request(covered=FEDIFY), date=None)) in {"date", "covered"}


@pytest.mark.parametrize("target", ["/inbox?x", "/inbox/", "//inbox", "/inbox?", "/%69nbox"])
def test_s15_a_post_replayed_to_a_variant_of_its_path_is_refused(target: str) -> None:
    request = rfc9421_request(target=target, values={'"@target-uri"': "https://links.example/inbox"})
    assert refused(request) == "mismatch"


# --- against http-message-signatures, both ways

ALGORITHMS = {"rsa": algorithms.RSA_V1_5_SHA256, "ed25519": algorithms.ED25519}
KEYS = {"rsa": rsa_key(), "ed25519": ed_key()}
RESOLVER = {
    kind: MappingKeyResolver(public_keys={KEY_ID: key.public_key()}, private_keys={KEY_ID: key})
    for kind, key in KEYS.items()
}


def library_message(method: str, url: str, headers: dict[str, str]) -> Any:
    return SimpleNamespace(method=method, url=url, headers=dict(headers))


@pytest.mark.parametrize("kind", ["rsa", "ed25519"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_the_library_accepts_what_we_sign(kind: str, method: str) -> None:
    signer = Signer(key_id=KeyId(KEY_ID), key=private_key(KEYS[kind]))
    url = parse_url("https://fern.example/gr%C3%BC%C3%9Fe/inbox?a=b&c=%20d", allow_http=False)
    body = BODY if method == "POST" else None
    headers = rfc9421.sign(
        method=method,
        url=url,
        signer=signer,
        now=datetime.now(UTC),
        content_digest=None if body is None else content_digest_of(body),
        content_type=None if body is None else "application/activity+json",
    )
    message = library_message(method, url.wire, headers)
    verifier = HTTPMessageVerifier(signature_algorithm=ALGORITHMS[kind], key_resolver=RESOLVER[kind])
    (result,) = verifier.verify(message, require_components=("@method", "@target-uri"), body=body)
    assert result.parameters["keyid"] == KEY_ID
    message.url += "x"
    with pytest.raises(InvalidSignature):
        verifier.verify(message)


extra_components = st.lists(
    st.sampled_from(
        ["@authority", "@scheme", "@request-target", "@path", "@query", "date", "content-type", "user-agent"]
    ),
    unique=True,
)
sf_text = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=40)
targets = st.from_regex(r"/[a-z0-9%]{0,3}(?:%[0-9A-F]{2})?(?:\?[a-z=&]{0,8})?", fullmatch=True).filter(
    lambda target: "%" not in target.replace("%C3", "")
)


@settings(max_examples=60, deadline=None)
@given(
    kind=st.sampled_from(["rsa", "ed25519"]),
    extra=extra_components,
    nonce=st.none() | sf_text,
    tag=st.none() | sf_text,
    include_alg=st.booleans(),
    target=targets,
)
def test_we_accept_what_the_library_signs(
    kind: str, extra: list[str], nonce: str | None, tag: str | None, include_alg: bool, target: str
) -> None:
    now = datetime.now(UTC)
    message = library_message("POST", f"https://links.example{target}", post_headers(date=now))
    HTTPMessageSigner(signature_algorithm=ALGORITHMS[kind], key_resolver=RESOLVER[kind]).sign(
        message,
        key_id=KEY_ID,
        created=now,
        nonce=nonce,
        tag=tag,
        include_alg=include_alg,
        covered_component_ids=["@method", "@target-uri", *extra],
        body=BODY,
    )
    request = SignedRequest(method="POST", target=target, headers=tuple(message.headers.items()), body=BODY)
    accepted(request, key=private_key(KEYS[kind]).public, now=now)


def test_half_a_body_is_not_signed() -> None:
    signer = Signer(key_id=KeyId(KEY_ID), key=private_key(rsa_key()))
    url = parse_url("https://links.example/inbox", allow_http=False)
    with pytest.raises(ValueError, match="digest"):
        rfc9421.sign(method="POST", url=url, signer=signer, now=NOW, content_type="text/plain")


def test_a_second_try_without_the_query_signs_the_bare_address() -> None:
    signer = Signer(key_id=KeyId(KEY_ID), key=private_key(rsa_key()))
    url = parse_url("https://links.example/outbox?page=1", allow_http=False)
    headers = rfc9421.sign(method="GET", url=url, signer=signer, now=NOW, with_query=False)
    accepted(SignedRequest(method="GET", target="/outbox", headers=tuple(headers.items()), body=None))
