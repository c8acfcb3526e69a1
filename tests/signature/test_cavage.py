"""draft-cavage signatures as strangers send them: who signed, what and for whom (S1, S2, S8 to S12); and ours."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.signature import cavage
from bridge.signature.digest import digest_of
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
    digest,
    ed_key,
    http_date,
    post_headers,
    rsa_key,
)
from tests.support.verdict import ANNA_ED, accepted, refused

GET = ("(request-target)", "host", "date")
UNIX = int(NOW.timestamp())


def get_request(**arguments: Any) -> SignedRequest:
    headers = {"host": "links.example", "date": http_date(NOW)}
    return cavage_request(**{"method": "GET", "body": None, "covered": GET, "headers": headers, **arguments})


# --- what real servers send


def test_a_post_as_mastodon_signs_it_is_accepted() -> None:
    claim = accepted(cavage_request(covered=("(request-target)", "host", "date", "digest", "content-type")))
    assert (claim.scheme, claim.key_id, claim.signed_at) == ("cavage", KEY_ID, NOW)


def test_a_post_as_gotosocial_signs_it_is_accepted() -> None:
    accepted(cavage_request(covered=("(request-target)", "host", "date", "digest"), algorithm="hs2019"))


def test_a_post_as_friendica_signs_it_is_accepted() -> None:
    accepted(cavage_request(covered=("(request-target)", "date", "content-length", "digest", "host")))


def test_a_post_that_covers_everything_it_has_is_accepted() -> None:
    accepted(cavage_request(covered=("(request-target)", *post_headers())))


def test_a_post_with_created_instead_of_a_date_is_accepted() -> None:
    request = cavage_request(
        covered=("(request-target)", "(created)", "(expires)", "host", "digest"),
        algorithm="hs2019",
        created=str(UNIX),
        expires=str(UNIX + 300),
    )
    assert accepted(request).signed_at == NOW


def test_an_ed25519_key_signs_with_hs2019() -> None:
    accepted(cavage_request(key=ed_key(), algorithm="hs2019"), key=ANNA_ED)


def test_a_signature_without_algorithm_counts_as_hs2019() -> None:
    accepted(cavage_request(algorithm=None))


def test_a_fetch_is_accepted_with_its_query_signed_and_without() -> None:
    accepted(get_request(target="/actor/a1/outbox?page=2"))
    accepted(get_request(target="/actor/a1/outbox?page=2", signed_target="/actor/a1/outbox"))


def test_percent_escapes_in_the_target_are_taken_as_they_came() -> None:
    accepted(get_request(target="/%40links/a%2Fb"))
    assert refused(get_request(target="/@links/a/b", signed_target="/%40links/a%2Fb")) == "mismatch"


def test_a_header_that_stands_twice_is_signed_joined() -> None:
    headers = {**post_headers(), "x-note": "eins, zwei"}
    signed = cavage_request(headers=headers, covered=("(request-target)", "host", "date", "digest", "x-note"))
    lines = tuple(line for line in signed.headers if line[0] != "x-note")
    accepted(
        SignedRequest(
            method="POST", target="/inbox", headers=(*lines, ("X-Note", "eins"), ("X-Note", "zwei")), body=BODY
        )
    )


def test_header_names_are_read_in_any_case() -> None:
    request = cavage_request()
    lines = tuple((name.title(), value) for name, value in request.headers)
    accepted(SignedRequest(method="POST", target="/inbox", headers=lines, body=BODY))


def test_spaces_and_unknown_parameters_in_the_header_do_no_harm() -> None:
    header = cavage_request().fields["signature"][0].replace(",", " , ") + ' , opaque="x\\"y"'
    accepted(changed(cavage_request(), signature=header))


# --- S1, S8 to S12


def test_s1_an_unsigned_post_is_refused() -> None:
    assert refused(changed(cavage_request(), signature=None)) == "missing"
    assert refused(changed(cavage_request(), signature="")) == "missing"


def test_s2_a_signature_by_another_key_is_refused() -> None:
    assert refused(cavage_request(key=rsa_key("mallory"))) == "mismatch"


def test_s8_a_body_changed_after_signing_is_refused() -> None:
    request = cavage_request()
    forged = SignedRequest(method="POST", target="/inbox", headers=request.headers, body=BODY + b" ")
    assert refused(forged) == "digest"


@pytest.mark.parametrize("name", ["SHA-256", "sha-256", "Sha-256"])
def test_s8_the_digest_algorithm_may_be_written_in_any_case(name: str) -> None:
    headers = post_headers() | {"digest": digest(BODY).replace("SHA-256", name)}
    accepted(cavage_request(headers=headers))


def test_s8_a_changed_body_with_a_new_digest_is_refused() -> None:
    forged = BODY + b" "
    request = changed(cavage_request(), digest=digest(forged))
    assert refused(SignedRequest(method="POST", target="/inbox", headers=request.headers, body=forged)) == "mismatch"


def test_s9_a_digest_that_is_not_signed_is_refused() -> None:
    assert refused(cavage_request(covered=("(request-target)", "host", "date"))) == "covered"


def test_s9_an_empty_body_needs_a_signed_digest_too() -> None:
    assert refused(cavage_request(covered=GET, body=b"")) == "covered"
    assert refused(cavage_request(covered=GET, body=None)) == "covered"
    accepted(cavage_request(headers=post_headers(body=b""), body=b""))


def test_s10_a_post_without_digest_header_is_refused() -> None:
    assert refused(changed(cavage_request(), digest=None)) == "digest"


@pytest.mark.parametrize("covered", [["date"], ["date", "digest", "host"], ["(request-target)", "date", "digest"]])
def test_s11_a_signature_that_does_not_say_where_to_is_refused(covered: list[str]) -> None:
    assert refused(cavage_request(covered=covered)) == "covered"


def test_s11_a_signature_without_any_time_is_refused() -> None:
    assert refused(cavage_request(covered=("(request-target)", "host", "digest"))) == "covered"


def test_s11_a_signature_for_another_path_or_method_is_refused() -> None:
    assert refused(cavage_request(signed_target="/other")) == "mismatch"
    request = get_request()
    assert refused(SignedRequest(method="DELETE", target="/inbox", headers=request.headers, body=None)) == "mismatch"


def test_s12_a_request_signed_for_another_server_is_refused() -> None:
    assert refused(cavage_request(headers=post_headers(host="other.example"))) == "host"


def test_s12_a_request_signed_for_another_server_is_refused_with_our_host_header_too() -> None:
    request = cavage_request(headers=post_headers(host="other.example"))
    assert refused(changed(request, host="links.example")) == "mismatch"


def test_s12_a_host_header_rewritten_by_a_proxy_does_not_matter() -> None:
    accepted(changed(cavage_request(), host="127.0.0.1:8000"))
    accepted(changed(cavage_request(), host=None))


@pytest.mark.parametrize("host", ["LINKS.example", "links.example:443"])
def test_our_own_host_in_other_letters_is_verified_as_it_was_signed(host: str) -> None:
    accepted(cavage_request(headers=post_headers(host=host)))


def test_two_host_headers_are_refused() -> None:
    assert refused(cavage_request(extra_lines=[("host", "links.example")])) == "host"


def test_a_port_belongs_to_the_host() -> None:
    request = cavage_request(headers=post_headers(host="127.0.0.1:8001"))
    accepted(request, origin="http://127.0.0.1:8001")
    assert refused(request, origin="http://127.0.0.1:8002") == "host"


# --- what we send


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("key", [rsa_key(), ed_key()], ids=["rsa", "ed25519"])
def test_what_we_sign_is_accepted(method: str, key: Any) -> None:
    signer = Signer(key_id=KeyId(KEY_ID), key=private_key(key))
    url = parse_url("https://links.example:8443/größe/inbox?seite=2#teil", allow_http=False)
    body = BODY if method == "POST" else None
    headers = cavage.sign(
        method=method,
        url=url,
        signer=signer,
        now=NOW,
        digest=None if body is None else digest_of(body),
        content_type=None if body is None else "application/activity+json",
    )
    assert headers["Host"] == "links.example:8443"
    request = SignedRequest(
        method=method, target="/gr%C3%B6%C3%9Fe/inbox?seite=2", headers=tuple(headers.items()), body=body
    )
    accepted(request, key=signer.key.public, origin="https://links.example:8443")


def test_we_cover_what_every_server_asks_for() -> None:
    signer = Signer(key_id=KeyId(KEY_ID), key=private_key(rsa_key()))
    url = parse_url("https://fern.example/inbox", allow_http=False)
    post = cavage.sign(
        method="POST", url=url, signer=signer, now=NOW, digest=digest_of(BODY), content_type="application/activity+json"
    )
    assert 'algorithm="rsa-sha256",headers="(request-target) host date digest content-type"' in post["Signature"]
    get = cavage.sign(method="GET", url=url, signer=signer, now=NOW)
    assert 'headers="(request-target) host date"' in get["Signature"]
    assert get["Date"] == "Mon, 05 Aug 2024 07:00:00 GMT"


def test_a_second_try_without_the_query_signs_the_bare_path() -> None:
    signer = Signer(key_id=KeyId(KEY_ID), key=private_key(rsa_key()))
    url = parse_url("https://links.example/outbox?page=1", allow_http=False)
    headers = cavage.sign(method="GET", url=url, signer=signer, now=NOW, with_query=False)
    accepted(SignedRequest(method="GET", target="/outbox", headers=tuple(headers.items()), body=None))


def test_half_a_body_is_not_signed() -> None:
    signer = Signer(key_id=KeyId(KEY_ID), key=private_key(rsa_key()))
    url = parse_url("https://links.example/inbox", allow_http=False)
    with pytest.raises(ValueError, match="digest"):
        cavage.sign(method="POST", url=url, signer=signer, now=NOW, digest=digest_of(BODY))
