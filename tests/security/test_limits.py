"""Limits and blocks as the public meets them: security S42, S46, S64, S67, S77; contract section 3."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from bridge.demo.stage import Peer, wait_until
from bridge.remote.webfinger import handle_from
from tests.support.attack import RunningBlog, Town, running_blog, with_issue
from tests.support.signing import post_headers, request_with

BODY = b'{"type":"Like","actor":"https://fern.example/anna","object":"https://links.example/"}'


@pytest.fixture(scope="module")
def public(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningBlog]:
    """A blog at https://links.example behind a proxy on this machine, which takes five a minute."""
    place = tmp_path_factory.mktemp("public")
    with running_blog(
        place, url="https://links.example", changes={r"(?m)^inbox_per_minute = .*$": "inbox_per_minute = 5"}
    ) as running:
        yield running


def knock(blog: RunningBlog, client: str) -> tuple[int, str | None]:
    """An unsigned activity, as the proxy hands it on."""
    headers = post_headers(body=BODY, host="links.example", date=datetime.now(UTC))
    reply = blog.send(request_with({**headers, "x-forwarded-for": client}, body=BODY))
    return reply.status, reply.headers.get("retry-after")


def test_s77_a_network_that_keeps_being_refused_is_429_and_others_are_not(public: RunningBlog) -> None:
    """The client is who stands before the trusted proxy, whatever it writes into X-Forwarded-For itself."""
    asked = [knock(public, f"203.0.113.{number}, 198.51.100.7") for number in range(7)]

    assert [status for status, _ in asked] == [401] * 5 + [429] * 2
    assert 1 <= int(asked[-1][1] or 0) <= 60
    assert knock(public, "198.51.100.8")[0] == 401
    assert knock(public, "2001:db8::1")[0] == 401


def test_s46_a_key_at_a_private_address_is_401_and_nobody_goes_there(public: RunningBlog) -> None:
    town = Town()
    eve = town.person("eve")
    try:
        before = public.rows()
        assert (
            public.post(eve, eve.act("Like", "https://links.example/"), fields={"host": "links.example"}).status == 401
        )
        assert town.asked == []
        assert public.rows() == before
    finally:
        town.close()


def test_s64_two_servers_that_show_nothing_unsigned_do_not_wait_for_each_other(
    tmp_path_factory: pytest.TempPathFactory, blog: RunningBlog
) -> None:
    """Authorized fetch on the other side: our fetch of its key is signed by a key that it can read."""
    log = tmp_path_factory.mktemp("careful") / "peer.log"
    with Peer("--careful", log=log) as peer:
        followed = peer.do("follow", handle=f"@links@{blog.authority}")
        assert [answer["status"] for answer in followed["answers"]] == [202]
        replied = peer.do("reply", object=blog.note, text="Vorsicht ist die Mutter")
        assert [answer["status"] for answer in replied["answers"]] == [202]
    assert "Vorsicht ist die Mutter" in blog.comments()


def test_s42_who_is_blocked_gets_in_by_no_side_door(
    tmp_path_factory: pytest.TempPathFactory, town: Town, other_town: Town
) -> None:
    """Not directly, not handed on by another, not with a proof, and not boosted."""
    place = tmp_path_factory.mktemp("blocking")
    blocked, carrier = other_town.person("gesperrt"), town.person("bote")
    changes = {r"(?m)^blocked = .*$": f'blocked = ["{other_town.authority}"]'}
    with running_blog(place, changes=changes) as running:
        blog = with_issue(running, place)
        note = blocked.note(blog, "durch die Hintertür")
        other_town.serves(note["id"].removeprefix(other_town.origin), note)
        create = blocked.act("Create", note)

        other_town.asked.clear()
        assert blog.post(blocked, create).status == 403
        assert blog.post(blocked, blocked.act("Follow", blog.actor)).status == 403
        assert blog.post(carrier, create).status == 403
        assert blog.post(carrier, blocked.proven(create)).status == 403
        assert wait_until("it is on record", lambda: blog.verdict(create), seconds=5)[0] == "blocked"
        announce = carrier.act("Announce", note["id"])
        assert blog.post(carrier, announce).status == 202
        assert (blog.verdict(announce) or ("",))[0] == "blocked"
        assert other_town.asked == [], "a blocked server is not even asked for a key"
        assert blog.post(carrier, carrier.act("Create", {**note, "attributedTo": carrier.id})).status == 202

        assert "Hintertür" not in blog.comments()
        assert blog.asked("SELECT count(*) FROM entries") == [(0,)]
        assert blog.asked("SELECT count(*) FROM followers") == [(0,)]
        assert blog.asked("SELECT count(*) FROM remote_actors WHERE id = ?", blocked.id) == [(0,)]


@pytest.mark.parametrize("text", ["a/../../admin@fern.example", "a?x=1@fern.example", "a&b=c@fern.example",
                                  "a#b@fern.example", "a@fern.example/internal", "a@fern.example?x",
                                  "a%2f@fern.example"])  # fmt: skip
def test_s67_no_name_of_a_stranger_becomes_part_of_an_address_that_is_asked(text: str) -> None:
    """Names stand in a query, escaped; what could be more than a name is no handle at all."""
    handle = handle_from(text, allow_private=True)

    assert handle is None or not set("/?#&%@") & set(handle.user + handle.host)
