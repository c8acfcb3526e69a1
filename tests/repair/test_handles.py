"""The handle under a comment is the one that both the person's server and its domain say, once they were asked."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from bridge.repair.handles import Handles
from tests.support.inboxes import Place, person
from tests.support.local_servers import Peer, serving


@pytest.fixture
async def social() -> AsyncIterator[Peer]:
    """Where the actor is."""
    async with serving() as running:
        yield running


@pytest.fixture
async def domain() -> AsyncIterator[Peer]:
    """What stands in the handle."""
    async with serving(host="127.0.0.2") as running:
        yield running


def _webfinger(peer: Peer, subject: str, actor_id: str) -> None:
    link = {"rel": "self", "type": "application/activity+json", "href": actor_id}
    jrd = json.dumps({"subject": f"acct:{subject}", "links": [link]})
    peer.serves("/.well-known/webfinger", jrd, media_type="application/jrd+json")


async def _handles(place: Place) -> list[str]:
    return [entry.author_handle for entry in await place.entries()]


async def _prove(place: Place, actor_id: str) -> timedelta | None:
    """Ask once; when to ask again."""
    prove = Handles(database=place.database, webfinger=place.whom.webfinger, blog_id=1, clock=place.clock)
    return await prove(actor_id)


@pytest.mark.parametrize("claims", [True, False])
async def test_a_server_of_a_split_domain_is_called_by_its_domain_once_both_say_so(
    place: Place, social: Peer, domain: Peer, claims: bool
) -> None:
    """FEP-2c59, or a WebFinger subject on another domain."""
    jo = f"{social.origin}/users/jo"
    handle = f"jo@{domain.authority}"
    _webfinger(social, handle, jo)
    _webfinger(domain, handle, jo)
    place.people[jo] = person(jo, webfinger=handle if claims else None)
    await place.say(jo)
    assert await _handles(place) == [f"@jo@{social.authority}"]
    await _prove(place, jo)
    await place.say(jo, "2")
    assert await _handles(place) == [f"@{handle}"] * 2


async def test_s41_a_handle_that_its_domain_does_not_know_is_not_shown(
    place: Place, social: Peer, domain: Peer
) -> None:
    eve = f"{social.origin}/users/eve"
    handle = f"eve@{domain.authority}"
    _webfinger(domain, handle, f"{domain.origin}/users/eve")
    place.people[eve] = person(eve, webfinger=handle)
    await place.say(eve)
    await _prove(place, eve)
    assert await _handles(place) == [f"@eve@{social.authority}"]


async def test_who_does_not_answer_is_asked_again_for_three_days(place: Place, social: Peer) -> None:
    jo = f"{social.origin}/users/jo"
    place.people[jo] = person(jo)
    await place.say(jo)
    social.answers("/.well-known/webfinger", status=503)
    assert await _prove(place, jo) == timedelta(hours=6)

    place.clock.turn(timedelta(days=3))
    assert await _prove(place, jo) is None
