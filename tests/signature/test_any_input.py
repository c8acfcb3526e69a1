"""Whatever a stranger sends, the parsers answer or raise their one fault; and no length makes them crawl."""

from __future__ import annotations

from base64 import b64encode
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import http_sf
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.clock import http_time
from bridge.signature import cavage, multibase, structured_field
from bridge.signature.digest import check_content_digest, check_digest
from bridge.signature.freshness import moment_from_http_date
from bridge.signature.integrity_proof import NoProof, proof_claim
from bridge.signature.keys import public_key_from_multibase, public_key_from_pem
from bridge.signature.request import SignatureFault, SignedRequest
from bridge.signature.verify import claim_of
from tests.support.signing import BODY, NOW, ORIGIN, cavage_request, rfc9421_request

near_signature = st.text(st.sampled_from('keyId="headers",signature=algorithm\\ \t():;1234567890@-é\x00'), max_size=120)
near_field = st.text(st.sampled_from('sig1=("@method" "a";sf);created=1;keyid=:AA==:?10,\\ \t-.*é\x00'), max_size=120)
HEADERS = ["signature", "signature-input", "digest", "content-digest", "date", "host", "content-type", "x"]
some_headers = st.lists(
    st.tuples(st.sampled_from(HEADERS), st.text(max_size=40) | near_signature | near_field), max_size=8
)


def only_faults(call: Any, *arguments: Any) -> Any:
    """What the call gives, or None where it raises the one fault it may raise."""
    with suppress(SignatureFault):
        return call(*arguments)
    return None


@given(some_headers, st.sampled_from(["GET", "POST", ""]), st.text(max_size=20), st.none() | st.binary(max_size=20))
def test_any_request_is_claimed_or_refused(
    headers: list[tuple[str, str]], method: str, target: str, body: bytes | None
) -> None:
    request = SignedRequest(method=method, target=target, headers=tuple(headers), body=body)
    only_faults(lambda: claim_of(request, origin=ORIGIN, now=NOW))


@given(st.sampled_from([cavage_request(), rfc9421_request()]), st.data())
def test_a_good_request_with_one_header_spoilt_is_claimed_or_refused(
    request: SignedRequest, data: st.DataObject
) -> None:
    lines = list(request.headers)
    place = data.draw(st.integers(0, len(lines) - 1))
    name, value = lines[place]
    cut = data.draw(st.integers(0, len(value)))
    lines[place] = (name, value[:cut] + data.draw(st.text(max_size=3)) + value[cut + data.draw(st.integers(0, 3)) :])
    spoilt = SignedRequest(method="POST", target="/inbox", headers=tuple(lines), body=BODY)
    only_faults(lambda: claim_of(spoilt, origin=ORIGIN, now=NOW))


@given(st.text() | near_signature)
def test_any_signature_header_is_read_or_refused(text: str) -> None:
    parameters = only_faults(cavage.parse_signature, text)
    assert parameters is None or all(name == name.lower() for name in parameters)


@given(st.text() | near_field)
def test_any_structured_field_is_read_or_refused(text: str) -> None:
    only_faults(lambda: structured_field.parse_dictionary(text, name="Signature-Input"))


@given(near_field)
def test_we_read_no_structured_field_that_another_reader_refuses_or_reads_differently(text: str) -> None:
    members = only_faults(lambda: structured_field.parse_dictionary(text, name="Signature-Input"))
    if members is None:
        return
    theirs: Any = http_sf.parse(text.encode(), tltype="dictionary")
    assert list(members) == list(theirs)
    for label, member in members.items():
        value, parameters = theirs[label]
        assert {name: plain(bare) for name, bare in member.parameters.items()} == plain_all(parameters)
        if isinstance(member.value, tuple):
            assert [plain(item.value) for item in member.value] == [plain(item[0]) for item in value]
            assert [len(item.parameters) for item in member.value] == [len(item[1]) for item in value]
        else:
            assert plain(member.value) == plain(value)


def plain(value: Any) -> Any:
    if isinstance(value, structured_field.Token):
        return ("token", value.text)
    return ("token", str(value)) if isinstance(value, http_sf.Token) else (type(value).__name__, value)


def plain_all(parameters: Any) -> dict[str, Any]:
    return {name: plain(value) for name, value in parameters.items()}


bare_items = st.one_of(
    st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=20),
    st.integers(-(10**15) + 1, 10**15 - 1),
    st.booleans(),
    st.binary(max_size=20),
    st.from_regex(r"[A-Za-z*][A-Za-z0-9:/!]{0,9}", fullmatch=True).map(structured_field.Token),
)
parameter_sets = st.dictionaries(st.from_regex(r"[a-z*][a-z0-9_.*-]{0,8}", fullmatch=True), bare_items, max_size=4)
item_lists = st.lists(st.builds(structured_field.Item, value=bare_items, parameters=parameter_sets), max_size=5)


@given(item_lists.map(tuple), parameter_sets)
def test_a_list_is_read_as_it_was_written(items: tuple[structured_field.Item, ...], parameters: Any) -> None:
    text = structured_field.serialize_list(items, parameters)
    member = structured_field.parse_dictionary(f"x={text}", name="Signature-Input")["x"]
    assert member == structured_field.Member(value=items, parameters=parameters)


@given(st.text())
def test_any_digest_is_right_or_refused(text: str) -> None:
    for name, check in (("digest", check_digest), ("content-digest", check_content_digest)):
        request = SignedRequest(method="POST", target="/", headers=((name, text),), body=b"x")
        only_faults(check, request)


@given(st.text() | st.from_regex(r"[MTWFS][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT", fullmatch=True))
def test_any_date_is_read_or_refused(text: str) -> None:
    moment = only_faults(moment_from_http_date, text)
    assert moment is None or http_time(moment)[4:] == text[4:]


@given(st.datetimes(datetime(1970, 1, 1), datetime(9999, 12, 31)))  # noqa: DTZ001
def test_every_moment_is_read_as_it_was_written(moment: datetime) -> None:
    aware = moment.replace(tzinfo=UTC, microsecond=0)
    assert moment_from_http_date(http_time(aware)) == aware


@given(
    st.text()
    | st.binary(max_size=80).map(
        lambda content: f"-----BEGIN PUBLIC KEY-----\n{b64encode(content).decode()}\n-----END PUBLIC KEY-----"
    )
)
def test_any_key_is_read_or_refused(text: str) -> None:
    only_faults(public_key_from_pem, text)


@given(st.text() | st.binary(max_size=80).map(multibase.encode) | st.text().map("z".__add__))
def test_any_multikey_is_read_or_refused(text: str) -> None:
    only_faults(public_key_from_multibase, text)


json_values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=10,
)
proof_names = [
    "type",
    "cryptosuite",
    "proofPurpose",
    "verificationMethod",
    "proofValue",
    "created",
    "expires",
    "@context",
]


@given(
    st.dictionaries(st.sampled_from(["actor", "object", "@context", "id"]), json_values),
    json_values | st.dictionaries(st.sampled_from(proof_names), json_values),
)
def test_any_document_is_unproven(document: dict[str, Any], proof: Any) -> None:
    assert isinstance(proof_claim({**document, "proof": proof}, now=NOW), NoProof)


LONG = 60_000  # just under the cap, so that the parser has to read it


@pytest.mark.parametrize(
    "text",
    [
        'keyId="' + "\\" * LONG,
        'keyId="' + '\\"' * (LONG // 2),
        "a" * LONG,
        " " * LONG,
        "\t " * (LONG // 2) + "!",
        ",".join(f'p{n}="x"' for n in range(LONG // 10)) + "!",
        'a="' + " " * LONG,
        'headers="' + "x " * (LONG // 2) + '"',
        'keyId="k",headers="' + " ".join(f"h{n}" for n in range(LONG // 8)) + '",signature="AA=="',
        'signature="' + "A" * LONG + '"',
    ],
)
def test_a_long_signature_header_is_refused_after_one_reading(text: str) -> None:
    """Quadratic reading would take minutes here; bench/signatures.py prints what it does take."""
    request = SignedRequest(method="POST", target="/inbox", headers=(("signature", text),), body=BODY)
    with pytest.raises(SignatureFault):
        claim_of(request, origin=ORIGIN, now=NOW)


@pytest.mark.parametrize(
    "text",
    [
        "s=" + "(" * LONG,
        "s=(" + " " * LONG,
        's=("' + "a" * LONG,
        's=("' + "\\\\" * (LONG // 2),
        "s=(" + '"a" ' * (LONG // 4) + ")",
        "s=()" + ";a" * (LONG // 2),
        "s=()" + "".join(f";a{n}" for n in range(LONG // 8)),
        "s=()" + ";" + " " * LONG,
        "s=:" + "A" * LONG,
        "s=" + "1" * LONG,
        "s=" + "a" * LONG + "=",
        ", ".join(f"s{n}=()" for n in range(LONG // 10)),
        "s" + " " * LONG + "x",
        "s" + "\t" * LONG + ",",
    ],
)
def test_a_long_signature_input_is_refused_after_one_reading(text: str) -> None:
    request = SignedRequest(
        method="POST", target="/inbox", headers=(("signature-input", text), ("signature", "s=:AA==:")), body=BODY
    )
    with pytest.raises(SignatureFault):
        claim_of(request, origin=ORIGIN, now=NOW)


@pytest.mark.parametrize("name", ["signature", "signature-input", "digest", "content-digest"])
def test_a_header_of_a_megabyte_is_refused(name: str) -> None:
    for text in ("a" * 1_000_000, "sha-256=," * 100_000, ", " * 500_000):
        headers = dict(cavage_request().headers if name == "digest" else rfc9421_request().headers)
        request = SignedRequest(
            method="POST", target="/inbox", headers=tuple({**headers, name: text}.items()), body=BODY
        )
        with pytest.raises(SignatureFault):
            claim_of(request, origin=ORIGIN, now=NOW)
