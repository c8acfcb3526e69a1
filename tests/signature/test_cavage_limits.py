"""draft-cavage signatures: times, replays, algorithms and broken headers (S13, S15 to S19)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bridge.signature.request import SignatureFault, SignedRequest
from bridge.signature.verify import claim_of
from tests.support.signing import (
    NOW,
    ORIGIN,
    cavage_request,
    changed,
    ed_key,
    http_date,
    post_headers,
    request_with,
)
from tests.support.verdict import ANNA_ED, accepted, refused

GET = ("(request-target)", "host", "date")
UNIX = int(NOW.timestamp())


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
