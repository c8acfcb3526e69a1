"""The author's answers: whom they name is told, and nobody is told of what did not change."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from bridge.outbox import answer
from bridge.outbox.people import People
from bridge.store import deliveries, entries, published
from bridge.store.database import Transaction
from tests.support.inboxes import OUR_ACTOR, PUBLIC, Place
from tests.support.local_servers import Peer, serving
from tests.support.remote_people import serve_actor

ANN = "https://far.example/users/ann"


@pytest.fixture
async def peer() -> AsyncIterator[Peer]:
    async with serving() as running:
        yield running


def _serve_jo(peer: Peer) -> str:
    jo = serve_actor(peer)
    link = {"rel": "self", "type": "application/activity+json", "href": jo}
    jrd = json.dumps({"subject": f"acct:jo@{peer.authority}", "links": [link]})
    peer.serves(f"/.well-known/webfinger?resource=acct:jo@{peer.authority}", jrd, media_type="application/jrd+json")
    return jo


async def _compose(place: Place, text: str) -> answer.Wording:
    sources = place.inbox.sources
    people = People(webfinger=place.whom.webfinger, actors=sources.actors, database=place.database, blog_id=1)
    return await answer.compose(text, place.blog, people)


async def _say(place: Place, wording: answer.Wording) -> tuple[str, dict[str, Any], list[str]]:
    """Answer the first comment; the answer's token and document, and where it goes."""

    def work(tx: Transaction) -> tuple[str, dict[str, Any], list[str]]:
        said = answer.say(tx, place.blog, entries.of_issue(tx, 1)[0], wording, now=place.clock())
        row = published.find(tx, said.object_id)
        assert row is not None
        return said.token, dict(row.document), [inbox for inbox, _ in deliveries.inboxes_of(tx, said.object_id)]

    return await place.database.write(work)


async def _change(place: Place, token: str, wording: answer.Wording) -> int | None:
    def work(tx: Transaction) -> int | None:
        entry = entries.find_by_token(tx, 1, token)
        assert entry is not None
        return answer.change(tx, place.blog, entry, wording, now=place.clock())

    return await place.database.write(work)


async def test_whom_an_answer_names_is_mentioned_and_gets_it_and_nobody_else_is_missed_silently(
    place: Place, peer: Peer
) -> None:
    jo = _serve_jo(peer)
    await place.say(ANN)
    wording = await _compose(place, f"Frag @jo@{peer.authority} oder @niemand@{peer.authority}.")
    assert wording.missing == (f"niemand@{peer.authority}",)
    _, document, inboxes = await _say(place, wording)

    assert [tag["href"] for tag in document["tag"]] == [ANN, jo]
    assert {ANN, jo, PUBLIC} <= set(document["cc"])
    assert sorted(inboxes) == sorted([f"{ANN}/inbox", f"{jo}/inbox"])
    assert f'href="{jo}" class="u-url mention"' in document["content"]


async def test_the_hashtags_of_an_answer_are_hashtags_elsewhere_also_after_an_edit(place: Place) -> None:
    """Without them in `tag` other servers show a link to our page, where answers are not listed."""
    await place.say(ANN)
    token, document, _ = await _say(place, await _compose(place, "Mehr unter #Netz und #Netz, nicht `#hier`."))
    assert [(tag["type"], tag.get("name")) for tag in document["tag"]] == [
        ("Mention", "@ann@far.example"),
        ("Hashtag", "#Netz"),
    ]
    await _change(place, token, await _compose(place, "Mehr unter #Wege."))
    row = await place.database.read(lambda tx: published.find(tx, document["id"]))
    assert row is not None
    assert [tag["name"] for tag in row.document["tag"]] == ["@ann@far.example", "#Wege"]


async def test_who_is_answered_is_named_once(place: Place, peer: Peer) -> None:
    jo = _serve_jo(peer)
    await place.say(jo)
    _, document, _ = await _say(place, await _compose(place, f"Danke, @jo@{peer.authority}!"))
    assert document["content"].count("mention") == 1
    assert document["content"].startswith("<p>Danke, ")
    assert [tag["href"] for tag in document["tag"]] == [jo]


async def test_who_is_only_named_hears_nothing_of_what_is_said_in_private(place: Place, peer: Peer) -> None:
    _serve_jo(peer)
    await place.say(ANN, to=[OUR_ACTOR], cc=[])
    _, document, inboxes = await _say(place, await _compose(place, f"Frag @jo@{peer.authority}."))
    assert (document["to"], document["cc"], inboxes) == ([ANN], [], [f"{ANN}/inbox"])
    assert [tag["href"] for tag in document["tag"]] == [ANN]


async def test_an_edit_that_changes_nothing_tells_nobody_and_one_that_names_somebody_does(
    place: Place, peer: Peer
) -> None:
    jo = _serve_jo(peer)
    await place.say(ANN)
    token, document, _ = await _say(place, await _compose(place, "Danke."))
    assert await _change(place, token, await _compose(place, "Danke.")) is None
    assert await _change(place, token, await _compose(place, f"Danke, @jo@{peer.authority}.")) == 2
    row = await place.database.read(lambda tx: published.find(tx, document["id"]))
    assert row is not None
    assert jo in row.document["cc"]
