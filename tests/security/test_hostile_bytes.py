"""Bytes that are no activity, no JSON or no HTTP, against a real server: security S68 to S76, S81 to S86."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable
from datetime import UTC, datetime
from urllib.parse import quote

import pytest

from bridge.demo.stage import request
from bridge.web.connection import HEAD_SECONDS
from tests.support.attack import AS2, Person, Reply, RunningBlog, exchange, read_reply, wire_of
from tests.support.signing import post_headers, request_with

Unchanged = Callable[[], bool]


def unsigned(blog: RunningBlog, body: bytes, *, target: str = "/inbox", **fields: str) -> Reply:
    """A POST without a signature."""
    headers = post_headers(body=body, host=blog.authority, date=datetime.now(UTC))
    headers |= {name.replace("_", "-"): value for name, value in fields.items()}
    return blog.send(request_with(headers, target=target, body=body))


def assert_problem(reply: Reply, status: int) -> None:
    """One short JSON problem, with nothing of the inside in it."""
    assert reply.status == status, reply
    assert reply.headers["content-type"].startswith("application/problem+json")
    assert reply.json()["status"] == status
    assert len(reply.body) < 300
    for word in (b"Traceback", b"bridge", b".py", b"aiohttp", b"sqlite"):
        assert word not in reply.body


MALFORMED = {
    "S69 deep": b"[" * 100_000,
    "S69 deep object": b'{"a":' * 100_000,
    "S70 long integer": b'{"type":"Like","n":' + b"9" * 5_000 + b"}",
    "S70 NaN": b'{"type":"Like","n":NaN}',
    "S70 Infinity": b'{"type":"Like","n":-Infinity}',
    "S71 twice": b'{"type":"Like","actor":"https://a.example/","actor":"https://b.example/"}',
    "S72 surrogate": b'{"type":"Like","actor":"https://a.example/","object":"\\ud800"}',
    "S72 NUL": b'{"type":"Like","actor":"https://a.example/","object":"\\u0000"}',
    "S72 no UTF-8": b'{"type":"Like\xff"}',
    "S72 UTF-16": '{"type":"Like"}'.encode("utf-16"),
    "S72 BOM": b'\xef\xbb\xbf{"type":"Like"}',
    "S75 a list": b"[]",
    "S75 a number": b"7",
    "S75 nothing": b"",
    "S75 half": b'{"type":"Like","actor":',
    "S75 no actor": b'{"type":"Like","object":"https://a.example/"}',
    "S75 a number as actor": b'{"type":"Like","actor":7,"object":"https://a.example/"}',
    "S75 no type": b'{"actor":"https://a.example/","object":"https://a.example/"}',
    "S75 a number as type": b'{"type":7,"actor":"https://a.example/"}',
}


@pytest.mark.parametrize("name", MALFORMED)
def test_s69_to_s75_what_is_no_activity_is_400_signed_or_not(
    blog: RunningBlog, eve: Person, unchanged: Unchanged, name: str
) -> None:
    assert_problem(unsigned(blog, MALFORMED[name]), 400)
    assert_problem(blog.post(eve, MALFORMED[name]), 400)
    assert unchanged()


@pytest.mark.parametrize(
    ("kind", "about"),
    [("Create", 7), ("Create", []), ("Create", {"type": 7}), ("Create", {"type": "Note"}), ("Create", None),
     ("Create", {"type": "Note", "id": None, "content": {"a": 1}}), ("Like", [[[]]]), ("Like", {"id": {"id": 7}}),
     ("Follow", None), ("Follow", True), ("Undo", {"type": []}), ("Undo", 1.5), ("Update", {"type": "Person"}),
     ("Delete", {"type": "Tombstone"}), ("Announce", {}), ("Move", "x"), ("Flag", 7), ("Question", {}),
     ("EmojiReact", 7)],
)  # fmt: skip
def test_s75_wrong_types_are_400_or_202_and_never_500(blog: RunningBlog, eve: Person, kind: str, about: object) -> None:
    assert blog.post(eve, eve.act(kind, about)).status in (202, 400)


@pytest.mark.parametrize(
    "more",
    [{"published": "gestern"}, {"published": "9999-99-99"}, {"published": "0000-01-01T00:00:00Z"}, {"published": 7},
     {"content": "x" * 500_000}, {"tag": [{"type": "Mention", "href": "https://a.example/"}] * 10_000},
     {"to": [f"https://a.example/{n}" for n in range(20_000)]}, {"attachment": [7] * 10_000},
     {"content": "Z" + "\u0300" * 50_000}, {"content": "\u202e" * 1_000}, {"url": "https://a.example/" + "x" * 100_000},
     {"content": "<b>" * 30_000}, {"content": None}, {"contentMap": {"de": 7}}, {"tag": "x"}, {"inReplyTo": [1, 2]},
     {"updated": "2024-06-30T23:59:60Z"}, {"sensitive": "ja"}, {"summary": ["x"]}, {"attributedTo": [[]]}],
    ids=lambda more: "S73-S80 " + next(iter(more)),
)  # fmt: skip
def test_s73_s74_s75_s80_fields_beyond_all_measure_are_cut_or_refused(
    blog: RunningBlog, eve: Person, more: dict[str, object]
) -> None:
    before = len(blog.comments())

    assert blog.post(eve, eve.act("Create", {**eve.note(blog, "maßlos"), **more})).status in (202, 400)
    assert len(blog.comments()) - before < 250_000
    assert request(blog.page, accept="text/html").status == 200


def test_s68_a_body_over_one_mebibyte_is_413_however_it_comes(
    blog: RunningBlog, eve: Person, unchanged: Unchanged
) -> None:
    assert_problem(unsigned(blog, b"x" * (1024 * 1024 + 1)), 413)
    headers = f"POST /inbox HTTP/1.1\r\nhost: {blog.authority}\r\ncontent-type: {AS2}\r\n"
    promised = blog.say(f"{headers}content-length: 99999999999\r\n\r\n".encode())
    assert_problem(promised, 413)
    assert promised.headers["connection"] == "close"
    chunk = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
    assert_problem(blog.say(f"{headers}transfer-encoding: chunked\r\n\r\n".encode() + chunk * 20), 413)
    assert unchanged()


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd", "identity, gzip"])
def test_s68_a_packed_body_is_415(blog: RunningBlog, unchanged: Unchanged, coding: str) -> None:
    assert_problem(unsigned(blog, b"\x1f\x8b", content_encoding=coding), 415)
    assert unchanged()


def test_s68_a_coding_hidden_behind_another_header_is_415(blog: RunningBlog, eve: Person, unchanged: Unchanged) -> None:
    """What reads the first of two headers and what unpacks by the last must not be two things."""
    good = wire_of(blog.signed(eve, eve.act("Like", blog.note)))
    hidden = good.replace(b"\r\n\r\n", b"\r\ncontent-encoding: identity\r\nContent-Encoding: gzip\r\n\r\n", 1)
    assert_problem(blog.say(hidden), 415)
    assert unchanged()


@pytest.mark.parametrize(
    "media_type", ["application/json", "text/plain", 'application/ld+json; profile="x"', "", "x", "a/b;;"]
)
def test_another_media_type_is_415(blog: RunningBlog, media_type: str) -> None:
    assert_problem(unsigned(blog, b"{}", content_type=media_type), 415)


@pytest.mark.parametrize(
    "media_type",
    ["application/activity+json", "application/activity+json; charset=utf-8", "Application/Activity+JSON",
     'application/ld+json; profile="https://www.w3.org/ns/activitystreams"', "application/ld+json"],
)  # fmt: skip
def test_the_media_types_of_all_servers_are_taken(blog: RunningBlog, eve: Person, media_type: str) -> None:
    assert blog.post(eve, eve.act("Like", blog.note), fields={"content-type": media_type}).status == 202


def test_an_inbox_of_nobody_is_404_before_its_body_is_read(blog: RunningBlog, eve: Person) -> None:
    head = f"POST /actor/nobody/inbox HTTP/1.1\r\nhost: {blog.authority}\r\ncontent-type: {AS2}\r\n"

    assert_problem(blog.say(f"{head}content-length: 1000\r\n\r\n".encode()), 404)


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_another_method_is_405_and_says_which_one_is_meant(blog: RunningBlog, method: str) -> None:
    reply = blog.say(f"{method} /inbox HTTP/1.1\r\nhost: {blog.authority}\r\nconnection: close\r\n\r\n".encode())

    assert_problem(reply, 405)
    assert reply.headers["allow"] == "POST"


@pytest.mark.parametrize(
    "raw",
    [b"POST /inbox HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nabcde",
     b"POST /inbox HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
     b"POST /inbox HTTP/1.1\r\nhost: a\r\ncontent-length: -5\r\n\r\n",
     b"POST /inbox HTTP/1.1\r\nhost: a\r\ncontent-length: 1e3\r\n\r\n",
     b"POST /inbox HTTP/1.1\r\nhost: a\r\ntransfer-encoding: xchunked\r\n\r\n",
     b"POST /inbox HTTP/1.1\r\nhost : a\r\n\r\n", b"POST /inbox HTTP/9.9\r\nhost: a\r\n\r\n",
     b"POST /in\x00box HTTP/1.1\r\nhost: a\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
     b"POST /inbox HTTP/1.1\r\n" + b"x: y\r\n" * 200 + b"\r\n",
     b"POST /inbox HTTP/1.1\r\nhost: a\r\nx: " + b"y" * 70_000 + b"\r\n\r\n",
     b"POST /" + b"x" * 70_000 + b" HTTP/1.1\r\nhost: a\r\n\r\n"],
)  # fmt: skip
def test_s82_s84_what_is_no_http_is_400_and_the_connection_ends(
    blog: RunningBlog, unchanged: Unchanged, raw: bytes
) -> None:
    reply = blog.say(raw)

    assert_problem(reply, 400)
    assert reply.headers["connection"] == "close"
    assert unchanged()


def test_s84_a_target_with_another_host_in_it_is_no_inbox(blog: RunningBlog, eve: Person, unchanged: Unchanged) -> None:
    good = blog.signed(eve, eve.act("Like", blog.note))
    absolute = request_with(dict(good.headers), target="http://evil.example/inbox", body=good.body)

    assert blog.send(absolute).status in (400, 401, 404)
    assert unchanged()


def test_s84_ids_come_from_the_configuration_whatever_host_is_asked(blog: RunningBlog) -> None:
    for path in (blog.actor, blog.note, "/issues/nebel", "/.well-known/nodeinfo", "/instance"):
        target = path.removeprefix(blog.origin)
        head = f"GET {target} HTTP/1.1\r\nhost: evil.example\r\nx-forwarded-host: evil.example\r\naccept: {AS2}\r\n"
        reply = blog.say(f"{head}forwarded: host=evil.example\r\nconnection: close\r\n\r\n".encode())
        assert reply.status in (200, 302)
        assert b"evil.example" not in reply.body
        assert "evil.example" not in reply.headers.get("location", "")
    again = request(blog.actor, accept=AS2).text
    assert "evil.example" not in again


def test_s81_a_connection_that_says_nothing_whole_is_ended(blog: RunningBlog) -> None:
    host, _, port = blog.authority.partition(":")
    begun = time.monotonic()
    with socket.create_connection((host, int(port)), timeout=3 * HEAD_SECONDS) as line:
        line.sendall(b"POST /inbox HTTP/1.1\r\nhost:")
        assert read_reply(line).status == 0
    assert time.monotonic() - begun < 2 * HEAD_SECONDS


@pytest.mark.parametrize(
    "resource",
    ["acct:", "acct:@", "acct:a@b@c", "acct:links@127.0.0.1\r\nx: y", "acct:links\x00@a", "x" * 7_000, "", "://",
     "acct:links@%2f%2f", "acct:" + "a" * 5_000 + "@b"],
)  # fmt: skip
def test_s83_a_webfinger_resource_that_is_none_is_400_and_is_not_repeated(blog: RunningBlog, resource: str) -> None:
    found = request(f"{blog.origin}/.well-known/webfinger?resource={quote(resource, safe='')}")

    assert found.status in (400, 404)
    assert len(resource) < 6 or resource not in found.text
    assert request(f"{blog.origin}/.well-known/webfinger?resource=acct:nobody@{blog.authority}").status == 404


@pytest.mark.parametrize(
    "accept", ["", "*/*", "text/html;q=x", "q=1", ",,,;;;", "a" * 8_000, "application/*", "text/html"]
)
def test_s85_an_odd_accept_header_gets_a_page_and_never_a_500(blog: RunningBlog, accept: str) -> None:
    head = f"GET /issues/nebel HTTP/1.1\r\nhost: {blog.authority}\r\naccept: {accept}\r\nconnection: close\r\n\r\n"
    reply = blog.say(head.encode())

    assert reply.status == 200
    assert reply.headers["content-type"].startswith("text/html")
    assert "accept" in reply.headers["vary"].lower()


@pytest.mark.parametrize("page", ["-1", "0", "1e9", "99999999999999999999999", "'", "1;drop table issues", "%00", "²"])
def test_s86_a_page_number_that_is_none_is_400_or_404(blog: RunningBlog, page: str) -> None:
    for collection in (f"{blog.actor}/outbox", f"{blog.note}/replies", f"{blog.note}/context"):
        found = request(f"{collection}?page={quote(page, safe='%')}", accept=AS2)
        assert found.status in (400, 404), (collection, page)


def test_s64_our_actors_and_keys_are_readable_unsigned_by_everybody(blog: RunningBlog) -> None:
    for address in (blog.actor, f"{blog.origin}/instance"):
        document = blog.get(address)
        assert document["publicKey"]["publicKeyPem"].startswith("-----BEGIN PUBLIC KEY-----")
    outbox = blog.get(blog.get(f"{blog.origin}/instance")["outbox"])
    assert (outbox["type"], outbox["totalItems"]) == ("OrderedCollection", 0)


def test_s87_one_poisoned_activity_does_not_stop_the_next(blog: RunningBlog, eve: Person) -> None:
    note = eve.note(blog, "kommt trotzdem an")
    with socket.create_connection(tuple(blog.authority.split(":")), timeout=15) as line:  # type: ignore[arg-type]
        for activity in (eve.act("Create", {"type": "Note", "id": 7}), eve.act("Create", note)):
            raw = wire_of(blog.signed(eve, activity)).replace(b"connection: close\r\n", b"")
            line.sendall(raw)
            assert read_reply(line).status in (202, 400)
    assert "kommt trotzdem an" in blog.comments()


def test_s100_a_name_in_the_log_stays_on_its_line(blog: RunningBlog, eve: Person) -> None:
    exchange(blog.authority, b"GET /x%0d%0aERROR%20forged HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n")
    assert blog.post(eve, {**eve.act("Like", blog.note), "id": f"{eve.id}/a\r\nERROR forged"}).status in (202, 400)

    assert not [line for line in blog.server.tail(500).splitlines() if line.startswith("ERROR forged")]
    assert json.loads(request(f"{blog.page}/comments.json").text)
