"""Whom the author means is found by handle, profile page and id; where nobody is found, nothing is done."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from bridge.errors import UserFault
from bridge.inbox import moderate
from bridge.inbox.whom import Target
from bridge.store import actors, blocks
from bridge.terms import ActorId
from tests.support.inboxes import NOW, Place, person
from tests.support.local_servers import Peer, serving
from tests.support.remote_people import serve_actor

TOM = "https://far.example/users/tom"
PAGE = "https://far.example/@tom"


@pytest.fixture
async def peer() -> AsyncIterator[Peer]:
    async with serving() as running:
        yield running


async def _tom_said_something(place: Place) -> None:
    place.people[TOM] = person(TOM, url=PAGE)
    await place.say(TOM)


@pytest.mark.parametrize("named", [TOM, PAGE, "@tom@far.example"])
async def test_somebody_known_is_found_by_every_name(place: Place, named: str) -> None:
    await _tom_said_something(place)
    assert await place.whom.actor_id(named) == TOM
    assert await place.whom.to_block(named) == Target(name=TOM)


async def test_who_is_forgotten_by_the_profile_page_is_gone(place: Place) -> None:
    await _tom_said_something(place)
    actor_id = await place.whom.actor_id(PAGE)
    await place.database.write(lambda tx: moderate.forget(tx, place.blog, actor_id, now=NOW))
    assert await place.entries() == []
    assert (await place.say(TOM, "2")).verdict == "hidden"


async def test_somebody_unknown_is_asked_for_at_the_own_server(place: Place, peer: Peer) -> None:
    jo = serve_actor(peer)
    peer.redirects("/@jo", jo)
    link = {"rel": "self", "type": "application/activity+json", "href": jo}
    jrd = json.dumps({"subject": f"acct:jo@{peer.authority}", "links": [link]})
    peer.serves("/.well-known/webfinger", jrd, media_type="application/jrd+json")

    for named in (jo, f"{peer.origin}/@jo", f"@jo@{peer.authority}"):
        assert await place.whom.actor_id(named) == jo
    assert await place.database.read(lambda tx: actors.find(tx, ActorId(jo))) is None


@pytest.mark.parametrize("path", ["/users/nobody", "/", ""])
async def test_nobody_is_found_where_nobody_is(place: Place, peer: Peer, path: str) -> None:
    with pytest.raises(UserFault, match="not known here, and could not be looked up"):
        await place.whom.actor_id(peer.origin + path)
    with pytest.raises(UserFault, match="names nobody"):
        await place.whom.actor_id("tom")


async def test_of_a_follower_who_is_not_found_it_is_said_that_nobody_such_follows(place: Place, peer: Peer) -> None:
    for named in (f"@nobody@{peer.authority}", f"{peer.origin}/users/nobody", "tom"):
        with pytest.raises(UserFault, match="does not follow the blog; `rundbrief followers` lists who does"):
            await place.whom.follower(named)


async def test_an_address_without_an_answer_is_blocked_literally(place: Place, peer: Peer) -> None:
    address = f"{peer.origin}/users/nobody"
    assert await place.whom.to_block(address) == Target(name=address, is_literal=True)
    assert await place.whom.to_block(f"{peer.origin}/") == Target(name=peer.authority)
    with pytest.raises(UserFault):
        await place.whom.to_block(f"@nobody@{peer.authority}")


async def test_a_block_is_ended_by_what_it_is_called_or_whom_it_means(place: Place) -> None:
    await _tom_said_something(place)
    literal = "https://down.example/users/x"
    for target in (TOM, literal):
        await place.database.write(lambda tx, t=target: blocks.add(tx, 1, t, reason="", now=NOW))  # type: ignore[misc]
    assert await place.whom.blocked_as(PAGE) == TOM
    assert await place.whom.blocked_as(literal) == literal
    with pytest.raises(UserFault, match="is not blocked"):
        await place.whom.blocked_as("other.example")


async def test_a_block_of_a_whole_domain_is_not_ended_for_one_of_its_people(place: Place) -> None:
    await place.database.write(lambda tx: blocks.add(tx, 1, "far.example", reason="", now=NOW))
    with pytest.raises(UserFault, match=r"far\.example is, and everybody there"):
        await place.whom.blocked_as(TOM)


async def test_a_block_of_the_config_says_where_it_ends(place: Place) -> None:
    whom = replace(place.whom, blocked=["bad.example"])
    with pytest.raises(UserFault, match=r"blocked in config\.toml"):
        await whom.blocked_as("Bad.example")
