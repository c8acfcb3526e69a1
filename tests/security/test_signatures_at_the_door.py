"""Forged, moved and broken signatures against a real server: security S1, S8 to S23."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.support.attack import Person, RunningBlog, Town
from tests.support.signing import (
    RsaKey,
    changed,
    content_digest,
    digest,
    http_date,
    post_headers,
    request_with,
    rfc9421_request,
)

Unchanged = Callable[[], bool]
#: When the tests were read, which may be long before one of them runs.
NOW = datetime.now(UTC)


def bent(blog: RunningBlog, eve: Person, **how: Any) -> int:
    """The status of a Like by Eve whose signature was made in this way."""
    return blog.post(eve, eve.act("Like", blog.note), **how).status


def test_s1_an_unsigned_activity_is_401_and_costs_no_fetch_and_no_write(
    blog: RunningBlog, eve: Person, town: Town, unchanged: Unchanged
) -> None:
    body = json.dumps(eve.act("Create", eve.note(blog, "unsigniert"))).encode()
    asked = len(town.asked)

    reply = blog.send(request_with(post_headers(body=body, host=blog.authority, date=NOW), body=body))

    assert reply.status == 401
    assert reply.headers["content-type"].startswith("application/problem+json")
    assert set(reply.json()) == {"type", "title", "status", "detail"}
    assert len(town.asked) == asked
    assert unchanged()


def test_s8_a_body_changed_after_signing_is_401_and_nothing_of_it_is_kept(
    blog: RunningBlog, eve: Person, town: Town, unchanged: Unchanged
) -> None:
    good = blog.signed(eve, eve.act("Create", eve.note(blog, "ehrlich")))
    body = (good.body or b"").replace(b"ehrlich", b"gelogen")

    assert blog.send(request_with(dict(good.headers), body=body)).status == 401
    assert blog.send(changed(request_with(dict(good.headers), body=body), digest=digest(body))).status == 401
    assert town.asked.count(eve.path) == 1, "only the second, whose digest fits, is worth the key"
    assert unchanged()


@pytest.mark.parametrize(
    "how",
    [
        pytest.param({"covered": ["(request-target)", "host", "date"]}, id="S9 digest not covered"),
        pytest.param({"covered": ["date"]}, id="S11 only the date covered"),
        pytest.param({"covered": ["(request-target)", "date", "digest"]}, id="S12 host not covered"),
        pytest.param({"fields": {"host": "elsewhere.example"}}, id="S12 for another server"),
        pytest.param({"fields": {"date": http_date(NOW - timedelta(minutes=70))}}, id="S13 70 minutes old"),
        pytest.param({"fields": {"date": http_date(NOW + timedelta(hours=12))}}, id="S13 half a day ahead"),
        pytest.param({"fields": {"date": "gestern"}}, id="S13 no date"),
        pytest.param({"fields": {"date": "Monday, 05-Aug-24 07:00:00 GMT"}}, id="S13 RFC 850"),
        pytest.param({"extra_lines": [("date", http_date(NOW))]}, id="S13 two Date headers"),
        pytest.param({"signed_target": "/inbox?x"}, id="S15 for another query"),
        pytest.param({"signed_target": "/inbox/"}, id="S15 for another path"),
        pytest.param({"algorithm": "none"}, id="S17 none"),
        pytest.param({"algorithm": "hmac-sha256"}, id="S17 hmac"),
        pytest.param({"algorithm": "rsa-sha1"}, id="S17 sha1"),
        pytest.param({"algorithm": None, "covered": None}, id="S18 no list of headers"),
        pytest.param({"algorithm": "hs2019", "covered": ["(request-target)", "host", "digest", "(created)"]},
                     id="S19 created without a time"),
        pytest.param({"algorithm": "hs2019", "covered": ["(request-target)", "host", "digest", "(created)"],
                      "created": "morgen"}, id="S19 created is no number"),
        pytest.param({"algorithm": "hs2019", "covered": ["(request-target)", "host", "digest", "(created)"],
                      "created": str(int(NOW.timestamp()) + 12 * 3600)}, id="S19 created in the future"),
        pytest.param({"expires": str(int(NOW.timestamp()) - 60)}, id="S19 expired"),
    ],
)  # fmt: skip
def test_s9_to_s19_a_signature_that_proves_too_little_is_401(
    blog: RunningBlog, eve: Person, town: Town, unchanged: Unchanged, how: dict[str, Any]
) -> None:
    assert bent(blog, eve, **how) == 401
    assert unchanged()


@pytest.mark.parametrize(
    "value",
    ["", "SHA-256", "SHA-256=!!!", "SHA-256=" + "A" * 40 + "=", "MD5=1B2M2Y8AsgTpgAmY7PhCfg==", "SHA-512=" + "A" * 86],
)
def test_s10_a_digest_that_says_nothing_of_the_body_is_401(blog: RunningBlog, eve: Person, value: str) -> None:
    assert bent(blog, eve, fields={"digest": value}) == 401


def test_s10_without_a_digest_header_it_is_401(blog: RunningBlog, eve: Person, unchanged: Unchanged) -> None:
    assert blog.send(changed(blog.signed(eve, eve.act("Like", blog.note)), digest=None)).status == 401
    assert unchanged()


def test_s13_a_clock_that_is_an_hour_wrong_is_let_in(blog: RunningBlog, eve: Person) -> None:
    for minutes in (-60, 60):
        assert bent(blog, eve, fields={"date": http_date(datetime.now(UTC) + timedelta(minutes=minutes))}) == 202


def test_s14_the_same_request_twice_is_202_twice_and_has_one_effect(blog: RunningBlog, eve: Person) -> None:
    note = eve.note(blog, "einmal genügt")
    asked = blog.signed(eve, eve.act("Create", note))

    assert [blog.send(asked).status, blog.send(asked).status] == [202, 202]
    assert blog.comments().count(note["id"]) == 1


@pytest.mark.parametrize("target", ["/inbox?x", "/inbox/", "//inbox", "/./inbox", "/%69nbox", "/INBOX"])
def test_s15_a_request_replayed_to_another_spelling_of_the_path_is_refused(
    blog: RunningBlog, eve: Person, unchanged: Unchanged, target: str
) -> None:
    good = blog.signed(eve, eve.act("Like", blog.note))

    moved = request_with(dict(good.headers), target=target, body=good.body)

    assert blog.send(moved).status in (400, 401, 404, 405)
    assert unchanged()


def test_s16_a_doubled_parameter_or_header_is_401(blog: RunningBlog, eve: Person, unchanged: Unchanged) -> None:
    good = blog.signed(eve, eve.act("Like", blog.note))
    signature = dict(good.headers)["signature"]

    twice = changed(good, signature=f'keyId="{blog.actor}#main-key",{signature}')
    two_headers = request_with(dict(good.headers), body=good.body, extra=[("signature", signature)])

    assert blog.send(twice).status == 401
    assert blog.send(two_headers).status == 401
    assert unchanged()


def messages(blog: RunningBlog, eve: Person, **how: Any) -> Any:
    """A Like signed with RFC 9421."""
    body = json.dumps(eve.act("Like", blog.note)).encode()
    fields = {**post_headers(body=body, host=blog.authority, date=datetime.now(UTC)),
              "content-digest": content_digest(body)}  # fmt: skip
    key: Any = how.pop("key", eve.key)
    key_id = eve.key_id if isinstance(key, RsaKey) else eve.ed_signer.key_id
    parameters = how.pop("parameters", f';created={int(datetime.now(UTC).timestamp())};keyid="{key_id}"')
    values = {'"@target-uri"': f"{blog.origin}/inbox", '"@authority"': blog.authority} | how.pop("values", {})
    return rfc9421_request(headers=fields, body=body, key=key, parameters=parameters, values=values, **how)


FEDIFY = ('"@method"', '"@target-uri"', '"@authority"', '"host"', '"date"', '"content-digest"')


def test_both_schemes_and_both_kinds_of_key_are_understood(blog: RunningBlog, eve: Person) -> None:
    """RFC 9421 with Mastodon's and Fedify's components, RSA and Ed25519; S17: the key decides."""
    assert blog.send(messages(blog, eve)).status == 202
    assert blog.send(messages(blog, eve, covered=FEDIFY)).status == 202
    assert blog.send(messages(blog, eve, key=eve.ed)).status == 202
    assert bent(blog, eve, algorithm="hs2019") == 202


LATER, EARLIER = int(NOW.timestamp()) + 3600, int(NOW.timestamp()) - 60


@pytest.mark.parametrize(
    "how",
    [
        pytest.param({"values": {'"@target-uri"': "https://elsewhere.example/inbox"}}, id="S12 for another server"),
        pytest.param({"covered": ('"@target-uri"', '"content-digest"')}, id="S20 no method"),
        pytest.param({"covered": ('"@method"', '"content-digest"')}, id="S20 no target"),
        pytest.param({"covered": ('"@method"', '"@target-uri"')}, id="S20 no digest"),
        pytest.param({"covered": ('"@method"', '"@target-uri"', '"content-digest"', '"@status"')}, id="S20 status"),
        pytest.param({"covered": ('"@method";req', '"@target-uri"', '"content-digest"')}, id="S20 req"),
        pytest.param({"covered": ('"@method"', '"@target-uri"', '"content-digest";sf')}, id="S20 sf"),
        pytest.param({"covered": ('"@method"', '"@target-uri"', '"content-digest";bs')}, id="S20 bs"),
        pytest.param({"covered": ('"@method"', '"@target-uri"', '"content-digest";key="sha-256"')}, id="S20 key"),
        pytest.param({"parameters": ';keyid="x"'}, id="S19 no created"),
        pytest.param({"parameters": f';created={LATER};keyid="x"'}, id="S19 in the future"),
        pytest.param({"parameters": f';created={EARLIER};expires={EARLIER};keyid="x"'}, id="S19 expired"),
        pytest.param({"parameters": f';created={EARLIER};expires={EARLIER + 10**9};keyid="x"'}, id="S19 for ever"),
        pytest.param({"parameters": f';created={EARLIER};keyid="x";alg="hmac-sha256"'}, id="S17 hmac"),
        pytest.param({"parameters": ';created="gestern";keyid="x"'}, id="S19 a text"),
    ],
)  # fmt: skip
def test_s12_s17_s19_s20_a_message_signature_that_proves_too_little_is_401(
    blog: RunningBlog, eve: Person, unchanged: Unchanged, how: dict[str, Any]
) -> None:
    how = {key: value.replace('"x"', f'"{eve.key_id}"') if key == "parameters" else value for key, value in how.items()}

    assert blog.send(messages(blog, eve, **how)).status == 401
    assert unchanged()


@pytest.mark.parametrize("name", ["signature-input", "signature", "content-digest"])
@pytest.mark.parametrize(
    "value", ["", "sig1", "sig1=(", "sig1=();created=", "=:AAAA:", "sig1=:§:", "((((" * 500, "a=1," * 900]
)
def test_s21_broken_structured_fields_are_401(blog: RunningBlog, eve: Person, name: str, value: str) -> None:
    broken = changed(messages(blog, eve), **{name.replace("-", "_"): value})

    assert blog.send(broken).status == 401


def test_s16_two_signatures_that_both_look_good_are_401(blog: RunningBlog, eve: Person) -> None:
    one = messages(blog, eve)
    values = dict(one.headers)
    doubled = changed(
        one,
        signature_input=f"{values['signature-input']}, {values['signature-input'].replace('sig1', 'sig2')}",
        signature=f"{values['signature']}, {values['signature'].replace('sig1', 'sig2')}",
    )

    assert blog.send(doubled).status == 401


@pytest.mark.parametrize("where", ["instance", "actor"])
def test_s22_s23_nobody_signs_with_a_key_of_ours(
    blog: RunningBlog, eve: Person, unchanged: Unchanged, where: str
) -> None:
    key_id = f"{blog.origin}/instance#main-key" if where == "instance" else f"{blog.actor}#main-key"
    as_us = {**eve.act("Like", blog.note), "actor": blog.actor}

    assert blog.post(eve, as_us, key_id=key_id).status == 401
    assert unchanged()


@pytest.mark.parametrize("kind", ["Announce", "Accept", "Follow", "Create", "Delete", "Flag", "Move", "Undo", "Update"])
def test_s22_no_kind_of_activity_gets_by_without_its_signature(
    blog: RunningBlog, eve: Person, unchanged: Unchanged, kind: str
) -> None:
    """Not the Announce of a relay, not what is forwarded, nothing (CVE-2026-28432)."""
    activity = {**eve.act(kind, eve.note(blog, "falsch")), "target": eve.id}
    wrong = changed(blog.signed(eve, activity), signature=None)

    assert blog.send(wrong).status == 401
    assert blog.send(changed(wrong, authorization="Signature gelogen")).status == 401
    assert unchanged()
