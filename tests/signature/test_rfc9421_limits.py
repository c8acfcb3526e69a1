"""RFC 9421 signatures: labels, algorithms, times, components and broken fields (S16, S17, S19 to S21)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.support.signing import (
    KEY_ID,
    NOW,
    changed,
    ed_key,
    rfc9421_request,
    rsa_key,
)
from tests.support.verdict import ANNA_ED, accepted, refused

UNIX = int(NOW.timestamp())
POST = ('"@method"', '"@target-uri"', '"content-digest"')


def parameters(**values: str) -> str:
    all_values = {"created": str(UNIX), "keyid": f'"{KEY_ID}"', **values}
    return "".join(f";{name}={value}" for name, value in all_values.items() if value)


# --- S16, S17, S19


def test_s16_a_label_that_stands_twice_is_refused() -> None:
    request = rfc9421_request()
    for name in ("signature-input", "signature"):
        line = request.fields[name][0]
        doubled = changed(request, **{name.replace("-", "_"): f"{line}, {line}"})
        assert refused(doubled) == "malformed"


def test_s16_a_second_signature_that_says_too_little_is_passed_over() -> None:
    request = rfc9421_request()
    both = changed(
        request,
        signature_input=f'cdn=("@authority");created={UNIX};keyid="cdn", ' + request.fields["signature-input"][0],
        signature="cdn=:AAAA:, " + request.fields["signature"][0],
    )
    assert accepted(both).key_id == KEY_ID


def test_s16_two_signatures_that_say_enough_are_refused() -> None:
    one, two = rfc9421_request(), rfc9421_request(label="sig2", key=rsa_key("mallory"))
    both = changed(
        one,
        signature_input=one.fields["signature-input"][0] + ", " + two.fields["signature-input"][0],
        signature=one.fields["signature"][0] + ", " + two.fields["signature"][0],
    )
    assert refused(both) == "malformed"


def test_s16_a_parameter_that_stands_twice_is_refused() -> None:
    assert refused(rfc9421_request(parameters=parameters() + ';keyid="https://evil.example/key"')) == "malformed"


def test_more_than_eight_signatures_are_not_looked_at() -> None:
    request = rfc9421_request()
    many = ", ".join(f"s{n}=()" for n in range(9))
    assert refused(changed(request, signature_input=many)) == "malformed"


@pytest.mark.parametrize("algorithm", ['"hmac-sha256"', '"rsa-pss-sha512"', '"ecdsa-p256-sha256"', '"none"', '""'])
def test_s17_any_other_algorithm_is_refused(algorithm: str) -> None:
    assert refused(rfc9421_request(parameters=parameters(alg=algorithm))) == "algorithm"


def test_s17_the_key_decides_and_not_the_message() -> None:
    assert refused(rfc9421_request(parameters=parameters(alg='"rsa-v1_5-sha256"')), key=ANNA_ED) == "algorithm"
    assert refused(rfc9421_request(parameters=parameters(alg='"ed25519"'))) == "algorithm"
    assert refused(rfc9421_request(key=ed_key())) == "mismatch"


@pytest.mark.parametrize("created", ["", '"1722841200"', "?1", str(UNIX + 600), str(UNIX - 66 * 60), str(10**14), "-1"])
def test_s19_a_created_that_is_missing_or_out_of_time_is_refused(created: str) -> None:
    assert refused(rfc9421_request(parameters=parameters(created=created))) == "date"


@pytest.mark.parametrize("expires", [str(UNIX - 1), str(UNIX + 13 * 3600), str(UNIX + 10 * 365 * 86_400), "?1", '"1"'])
def test_s19_an_expires_in_the_past_or_far_ahead_is_refused(expires: str) -> None:
    assert refused(rfc9421_request(parameters=parameters(expires=expires))) == "date"


def test_s19_expires_is_honoured() -> None:
    request = rfc9421_request(parameters=parameters(expires=str(UNIX + 7200)))
    accepted(request, now=NOW + timedelta(minutes=110))
    assert refused(request, now=NOW + timedelta(minutes=130)) == "date"


# --- S20, S21


@pytest.mark.parametrize(
    "covered",
    [
        (),
        ('"@method"', '"content-digest"'),
        ('"@target-uri"', '"content-digest"'),
        ('"@method"', '"@authority"', '"@path"', '"content-digest"'),
        ('"content-digest"', '"date"'),
    ],
)
def test_s20_a_signature_that_says_too_little_is_refused(covered: tuple[str, ...]) -> None:
    assert refused(rfc9421_request(covered=covered)) == "covered"


@pytest.mark.parametrize(
    "name", ['"@status"', '"@signature-params"', '"@query-param"', '"@unknown"', '"@"', '"x-gone"']
)
def test_s20_an_unknown_component_is_refused(name: str) -> None:
    assert refused(rfc9421_request(covered=(*POST, name))) == "covered"


@pytest.mark.parametrize("parameter", ["sf", "bs", "req", "tr", 'key="a"', "future", "sf=?0"])
def test_s20_a_component_with_parameters_is_refused(parameter: str) -> None:
    assert refused(rfc9421_request(covered=(*POST, f'"date";{parameter}'))) == "covered"
    assert refused(rfc9421_request(covered=(f'"@method";{parameter}', *POST))) == "covered"


@pytest.mark.parametrize("name", ['"@method"', '"Date"', "date", "1", "?1", ":AAAA:"])
def test_a_component_that_stands_twice_or_is_no_lower_case_string_is_refused(name: str) -> None:
    assert refused(rfc9421_request(covered=(*POST, name))) == "malformed"


def test_more_than_sixty_four_components_are_refused() -> None:
    assert refused(rfc9421_request(covered=(*POST, *(f'"x-{n}"' for n in range(64))))) == "malformed"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "sig1",
        "sig1=",
        "sig1=(",
        'sig1=("@method',
        'sig1=("@method""@path")',
        "sig1=1",
        "sig1=:AAAA:",
        "SIG1=()",
        "sig1=();created=1.5",
        "sig1=();created=@1722841200",
        "sig1=();created=1722841200000000",
        "sig1=() sig2=()",
        "sig1=(),",
        ",sig1=()",
        "sig1=();;created=1",
        'sig1=();keyid="ü"',
        "sig1=();x=:A:",
        "sig1=();x=?2",
        "sig1=(())",
        "\x00",
        "=()",
    ],
)
def test_s21_a_signature_input_that_is_no_structured_field_is_refused(text: str) -> None:
    assert refused(changed(rfc9421_request(), signature_input=text)) in {"malformed", "covered", "missing"}


@pytest.mark.parametrize(
    "text", ["", "sig1", "sig1=AAAA", 'sig1="AAAA"', "sig1=(:AAAA:)", "sig2=:AAAA:", "sig1=:A:", "ü"]
)
def test_s21_a_signature_that_is_no_byte_sequence_is_refused(text: str) -> None:
    assert refused(changed(rfc9421_request(), signature=text)) in {"malformed", "missing"}


@pytest.mark.parametrize(
    "glued", ['("@method""@target-uri" "content-digest")', '("@method" "@target-uri"\t"content-digest")']
)
def test_s21_components_must_stand_apart(glued: str) -> None:
    request = rfc9421_request()
    rest = request.fields["signature-input"][0].partition(")")[2]
    assert refused(changed(request, signature_input=f"sig1={glued}{rest}")) == "malformed"


def test_a_signature_without_keyid_is_refused() -> None:
    assert refused(rfc9421_request(parameters=parameters(keyid=""))) == "missing"
    assert refused(rfc9421_request(parameters=parameters(keyid="1"))) == "malformed"
    assert refused(rfc9421_request(parameters=parameters(keyid='""'))) == "missing"
