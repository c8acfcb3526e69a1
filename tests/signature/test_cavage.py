"""draft-cavage signatures as strangers send them, and what may not get in (S1, S8 to S19)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from bridge.signature import cavage
from bridge.signature.digest import digest_of
from bridge.signature.keys import Signer, private_key, public_key_from_pem
from bridge.signature.request import SignatureFault, SignedRequest
from bridge.signature.verify import Claim, claim_of, prove
from bridge.terms import KeyId
from bridge.urls import parse_url
from tests.support.signing import (
    BODY,
    KEY_ID,
    NOW,
    ORIGIN,
    cavage_request,
    changed,
    digest,
    ed_key,
    http_date,
    pem_of,
    post_headers,
    request_with,
    rsa_key,
)

ANNA = public_key_from_pem(pem_of(rsa_key()))
ANNA_ED = public_key_from_pem(pem_of(ed_key()))
GET = ("(request-target)", "host", "date")
UNIX = int(NOW.timestamp())


def accepted(request: SignedRequest, *, key: Any = ANNA, now: datetime = NOW, origin: str = ORIGIN) -> Claim:
    claim = claim_of(request, origin=origin, now=now)
    prove(claim, key)
    return claim


def refused(request: SignedRequest, *, key: Any = ANNA, now: datetime = NOW, origin: str = ORIGIN) -> str:
    """The word for the check that failed."""
    with pytest.raises(SignatureFault) as caught:
        accepted(request, key=key, now=now, origin=origin)
    assert caught.value.reason == str(caught.value)
    return caught.value.check


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


# --- S13


@pytest.mark.parametrize("minutes", [-60, -5, 5, 60])
def test_s13_a_date_within_the_hour_is_accepted(minutes: int) -> None:
    accepted(cavage_request(), now=NOW - timedelta(minutes=minutes))


@pytest.mark.parametrize("minutes", [-70, 70, -7 * 24 * 60])
def test_s13_a_date_beyond_the_window_is_refused(minutes: int) -> None:
    assert refused(cavage_request(), now=NOW - timedelta(minutes=minutes)) == "date"


@pytest.mark.parametrize(
    "date",
    [
        "Monday, 05-Aug-24 07:00:00 GMT",  # RFC 850
        "Mon Aug  5 07:00:00 2024",  # asctime
        "Mon, 05 Aug 2024 07:00:00 +0000",
        "Mon, 5 Aug 2024 07:00:00 GMT",
        "Mon, 05 Aug 2024 07:00:60 GMT",
        "Mon, 31 Feb 2024 07:00:00 GMT",
        "Mon, 05 Aug 2024 0٧:00:00 GMT",
        "2024-08-05T07:00:00Z",
        "Mon, 05 Aug 2024 07:00:00 gmt",
        "bald",
        "",
    ],
)
def test_s13_anything_but_an_http_date_is_refused(date: str) -> None:
    assert refused(cavage_request(headers=post_headers() | {"date": date})) == "date"


def test_s13_two_date_headers_are_refused() -> None:
    assert refused(cavage_request(extra_lines=[("Date", http_date(NOW))])) == "date"


def test_s13_a_missing_date_is_refused() -> None:
    assert refused(changed(cavage_request(), date=None)) == "date"


# --- S15 to S18


@pytest.mark.parametrize("target", ["/inbox?x", "/inbox/", "//inbox", "/inbox?", "/%69nbox", "/INBOX"])
def test_s15_a_post_replayed_to_a_variant_of_its_path_is_refused(target: str) -> None:
    assert refused(cavage_request(target=target, signed_target="/inbox")) == "mismatch"


@pytest.mark.parametrize("name", ["keyId", "keyid", "signature", "headers", "algorithm"])
def test_s16_a_parameter_that_stands_twice_is_refused(name: str) -> None:
    header = cavage_request().fields["signature"][0]
    assert refused(changed(cavage_request(), signature=f'{header},{name}="x"')) == "malformed"


def test_s16_two_signature_headers_are_refused() -> None:
    header = cavage_request().fields["signature"][0]
    assert refused(cavage_request(extra_lines=[("Signature", header)])) == "malformed"


@pytest.mark.parametrize(
    "algorithm", ["none", "hmac-sha256", "rsa-sha1", "rsa-sha512", "ecdsa-sha256", "", "hs2019,none"]
)
def test_s17_any_other_algorithm_is_refused(algorithm: str) -> None:
    assert refused(cavage_request(algorithm=algorithm)) == "algorithm"


def test_s17_the_key_decides_and_not_the_message() -> None:
    assert refused(cavage_request(algorithm="rsa-sha256"), key=ANNA_ED) == "algorithm"
    assert refused(cavage_request(key=ed_key(), algorithm="hs2019")) == "mismatch"
    assert refused(cavage_request(algorithm="hs2019"), key=ANNA_ED) == "mismatch"


@pytest.mark.parametrize("algorithm", ["hs2019", "rsa-sha256"])
def test_s18_a_signature_that_lists_no_headers_is_refused(algorithm: str) -> None:
    request = cavage_request(covered=None, algorithm=algorithm, created=str(UNIX))
    assert refused(request) in {"covered", "algorithm"}


def test_a_list_of_headers_that_is_empty_or_names_one_twice_is_refused() -> None:
    assert refused(cavage_request(covered=())) == "malformed"
    assert refused(cavage_request(covered=(*GET, "digest", "host"))) == "malformed"


def test_a_covered_header_that_is_not_there_is_refused() -> None:
    assert refused(cavage_request(covered=("(request-target)", *post_headers(), "x-gone"))) == "covered"


# --- S19


def created_request(created: str | None, expires: str | None = None, *, algorithm: str = "hs2019") -> SignedRequest:
    covered = ["(request-target)", "(created)", *(["(expires)"] if expires is not None else []), "host", "digest"]
    return cavage_request(covered=covered, algorithm=algorithm, created=created, expires=expires)


@pytest.mark.parametrize("created", [None, '"soon"', '""', '"1.5"', '"-1"', '"99999999999"', '"1e9"'])
def test_s19_a_created_that_is_no_moment_is_refused(created: str | None) -> None:
    assert refused(created_request(created)) == "date"


@pytest.mark.parametrize("created", ["soon", "1.5", "-1"])
def test_s19_a_created_that_is_no_number_is_refused(created: str) -> None:
    assert refused(created_request(created)) == "malformed"


@pytest.mark.parametrize("seconds", [-66 * 60, 10 * 60, 86_400])
def test_s19_a_created_long_ago_or_ahead_of_us_is_refused(seconds: int) -> None:
    assert refused(created_request(str(UNIX + seconds))) == "date"


@pytest.mark.parametrize("seconds", [-60 * 60, 0, 60])
def test_s19_a_created_of_about_now_is_accepted(seconds: int) -> None:
    accepted(created_request(str(UNIX + seconds)))


@pytest.mark.parametrize("seconds", [-1, -3600, 12 * 3600 + 60, 10 * 365 * 86_400])
def test_s19_an_expires_in_the_past_or_far_ahead_is_refused(seconds: int) -> None:
    assert refused(created_request(str(UNIX - 10), str(UNIX + seconds))) == "date"


def test_s19_expires_may_lengthen_a_signature_up_to_twelve_hours() -> None:
    request = created_request(str(UNIX), str(UNIX + 6 * 3600))
    accepted(request, now=NOW + timedelta(hours=5))
    assert refused(request, now=NOW + timedelta(hours=7)) == "date"
    assert refused(created_request(str(UNIX - 13 * 3600), str(UNIX + 60))) == "date"


def test_s19_an_expires_that_is_not_signed_can_only_shorten() -> None:
    covered = ("(request-target)", "(created)", "host", "digest")
    lengthened = cavage_request(covered=covered, algorithm="hs2019", created=str(UNIX), expires=str(UNIX + 36_000))
    assert refused(lengthened, now=NOW + timedelta(hours=5)) == "date"
    expired = cavage_request(covered=covered, algorithm="hs2019", created=str(UNIX), expires=str(UNIX - 1))
    assert refused(expired) == "date"


def test_s19_rsa_sha256_does_not_know_created() -> None:
    assert refused(created_request(str(UNIX), algorithm="rsa-sha256")) == "algorithm"


def test_s19_an_expires_that_is_covered_but_missing_is_refused() -> None:
    covered = ("(request-target)", "(expires)", "host", "date", "digest")
    assert refused(cavage_request(covered=covered, algorithm="hs2019")) == "date"


# --- broken headers


@pytest.mark.parametrize(
    "header",
    [
        "keyId",
        'keyId="x',
        'keyId=x,signature="AA=="',
        '="x"',
        'keyId="x" signature="y"',
        "Bearer abc",
        'keyId="x\\',
        ",,,",
        "\x00",
    ],
)
def test_a_header_that_cannot_be_read_is_refused(header: str) -> None:
    assert refused(changed(cavage_request(), signature=header)) == "malformed"


def test_a_signature_without_key_or_signature_is_refused() -> None:
    header = cavage_request().fields["signature"][0]
    assert refused(changed(cavage_request(), signature=header.partition(",")[2])) == "missing"
    assert refused(changed(cavage_request(), signature=header.rpartition(",")[0])) == "missing"


@pytest.mark.parametrize("value", ["!!!", "AAA", "AA==AA==", "ÄÖÜ", " "])
def test_a_signature_that_is_no_base64_is_refused(value: str) -> None:
    header = cavage_request().fields["signature"][0].rpartition(',signature="')[0]
    assert refused(changed(cavage_request(), signature=f'{header},signature="{value}"')) == "malformed"


def test_an_endless_key_name_or_header_is_refused() -> None:
    assert refused(cavage_request(key_id="https://fern.example/" + "a" * 2048)) == "malformed"
    assert refused(changed(cavage_request(), signature='keyId="' + "a" * 70_000 + '"')) == "malformed"


def test_a_line_break_cannot_be_smuggled_into_the_signed_text() -> None:
    headers = post_headers() | {"content-type": "a\nhost: other.example"}
    assert refused(cavage_request(headers=headers)) == "malformed"


def test_bytes_beyond_utf_8_in_a_header_are_signed_as_they_came() -> None:
    lone = changed(cavage_request(covered=("(request-target)", *post_headers())), user_agent="\ud800")
    assert refused(lone) == "malformed"
    latin = changed(cavage_request(covered=("(request-target)", *post_headers())), user_agent="Fern\udce4")
    assert refused(latin) == "mismatch"


def test_a_fault_does_not_repeat_what_the_sender_wrote() -> None:
    with pytest.raises(SignatureFault) as caught:
        claim_of(request_with({"signature": 'keyId="x",algorithm="<b>evil</b>"'}), origin=ORIGIN, now=NOW)
    assert "evil" not in str(caught.value)


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
