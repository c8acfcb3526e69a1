"""Replies whose parents are missing: looked for upwards, kept while a parent may still come, and given up with a true
reason.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from typing import Any

import pytest

from bridge.inbox.context import Context
from bridge.inbox.expiry import Expiry
from bridge.repair.climb import Climb
from bridge.store import parked
from bridge.store.database import WakeUp
from tests.support.inboxes import NOTE, PUBLIC, Place, create, note
from tests.support.local_servers import Peer, serving
from tests.support.remote_people import serve_actor


class Scene:
    """An inbox, one other server, and the climbs that were asked for."""

    def __init__(self, place: Place, peer: Peer) -> None:
        self.place = place
        self.peer = peer
        self.jo = serve_actor(peer)
        self.asked: list[str] = []
        place.database.use_jobs(self._enqueue_later if place.database.is_postgres else self._enqueue)
        self.climb = Climb(database=place.database, context=self._context)

    def _enqueue(self, tx: Any, wake_ups: Sequence[WakeUp]) -> None:
        self.asked += [one.key for one in wake_ups if one.kind == parked.CLIMB]

    async def _enqueue_later(self, connection: Any, wake_ups: Sequence[WakeUp]) -> None:
        self._enqueue(connection, wake_ups)

    def _context(self) -> Context:
        inbox = self.place.inbox
        return Context(
            blog=inbox.blog,
            now=self.place.clock(),
            comments=inbox.config.comments,
            sources=inbox.sources,
            creators=inbox.creators,
        )

    def post(self, number: int, answers: str | None, *, served: bool = True) -> dict[str, Any]:
        """A post of Jo's; its own server shows it, or says 404."""
        path = f"/users/jo/statuses/{number}"
        found = note(self.jo, str(number), inReplyTo=answers, content=f"<p>Wort {number}</p>", to=[PUBLIC], cc=[])
        if served:
            self.peer.serves(path, json.dumps({"@context": "https://www.w3.org/ns/activitystreams", **found}))
        return found

    def id(self, number: int) -> str:
        return f"{self.jo}/statuses/{number}"

    async def run(self) -> None:
        """Every climb that was asked for."""
        while self.asked:
            await self.climb(self.asked.pop(0))

    async def shown(self) -> list[str]:
        return sorted(entry.text for entry in await self.place.entries() if entry.state == "shown")

    async def verdict(self, number: int) -> tuple[str, str]:
        row = (await self.place.record(self.id(number)))[-1]
        return row.verdict, row.reason


@pytest.fixture
async def scene(place: Place) -> AsyncIterator[Scene]:
    async with serving() as peer:
        yield Scene(place, peer)


@pytest.mark.parametrize("status", [403, 404, 410])
async def test_a_reply_waits_for_a_parent_that_cannot_be_fetched_and_is_shown_when_it_comes(
    scene: Scene, status: int
) -> None:
    parent = scene.post(1, NOTE, served=False)
    scene.peer.answers("/users/jo/statuses/1", status=status)
    assert (await scene.place.take(create(scene.post(2, scene.id(1))))).verdict == "parked"
    await scene.run()
    verdict, reason = await scene.verdict(2)
    assert (verdict, await scene.shown()) == ("parked", [])
    assert f"should {scene.id(1)} be sent within 7 days" in reason
    assert scene.asked == []

    await scene.place.take(create(parent))
    await scene.run()
    assert await scene.shown() == ["Wort 1", "Wort 2"]
    assert (await scene.verdict(2))[0] == "shown"


async def test_what_did_not_come_in_a_week_is_given_up_with_the_reason(scene: Scene) -> None:
    await scene.place.take(create(scene.post(2, scene.id(1))))
    await scene.run()
    expiry = Expiry(database=scene.place.database, clock=scene.place.clock)
    scene.place.clock.turn(timedelta(days=6))
    await expiry.expire()
    assert (await scene.verdict(2))[0] == "parked"
    scene.place.clock.turn(timedelta(days=1))
    await expiry.expire()
    verdict, reason = await scene.verdict(2)
    assert (verdict, reason.startswith("it waited 7 days for")) == ("ignored", True)
    assert await scene.place.database.read(lambda tx: parked.find(tx, scene.id(2))) is None


async def test_a_waiting_reply_that_is_sent_anew_has_its_parent_looked_for_again(scene: Scene) -> None:
    reply = scene.post(2, scene.id(1))
    await scene.place.take(create(reply))
    await scene.run()
    scene.post(1, NOTE)
    scene.place.clock.turn(timedelta(hours=1))
    await scene.place.take(create(reply, id=f"{reply['id']}/again"))
    await scene.run()
    assert await scene.shown() == ["Wort 1", "Wort 2"]


async def test_a_waiting_reply_that_comes_by_another_way_waits_no_more(scene: Scene) -> None:
    reply = scene.post(2, scene.id(1))
    await scene.place.take(create(reply))
    await scene.run()
    edited = reply | {"inReplyTo": NOTE, "updated": "2024-08-05T11:30:00Z"}
    await scene.place.take({"id": f"{reply['id']}#u", "type": "Update", "actor": scene.jo, "object": edited})
    assert await scene.shown() == ["Wort 2"]
    assert (await scene.verdict(2))[0] == "shown"
    assert await scene.place.database.read(lambda tx: parked.find(tx, scene.id(2))) is None


async def test_a_reply_that_is_gone_itself_does_not_wait(scene: Scene) -> None:
    reply = scene.post(2, scene.id(1), served=False)
    scene.peer.answers("/users/jo/statuses/2", status=410)
    await scene.place.take(create(reply))
    await scene.run()
    verdict, reason = await scene.verdict(2)
    assert (verdict, reason.startswith("it was gone when its thread was looked for")) == ("deleted", True)


async def test_a_reply_that_its_own_server_does_not_show_is_not_called_deleted(scene: Scene) -> None:
    """A 404 is no proof: some servers show no comments. It waits, as where its server says no."""
    await scene.place.take(create(scene.post(2, scene.id(1), served=False)))
    await scene.run()
    verdict, reason = await scene.verdict(2)
    assert (verdict, reason.startswith("its own server did not give it to us")) == ("parked", True)

    scene.post(2, scene.id(1))
    await scene.place.take(create(scene.post(1, NOTE)))
    await scene.run()
    assert await scene.shown() == ["Wort 1", "Wort 2"]


async def test_a_chain_of_forty_unknown_posts_is_climbed_to_its_top(scene: Scene) -> None:
    scene.post(1, NOTE)
    for number in range(2, 40):
        scene.post(number, scene.id(number - 1))
    await scene.place.take(create(scene.post(40, scene.id(39))))
    await scene.run()
    assert len(await scene.shown()) == 40
    assert (await scene.verdict(40))[0] == "shown"


async def test_a_chain_without_an_end_is_given_up_and_says_so(scene: Scene) -> None:
    for number in range(1, 230):
        scene.post(number, scene.id(number - 1))
    await scene.place.take(create(scene.post(230, scene.id(229))))
    await scene.run()
    verdict, reason = await scene.verdict(230)
    assert verdict == "ignored"
    assert "more than 200 posts below the beginning" in reason
    assert await scene.place.database.read(lambda tx: parked.answers_to(tx, scene.id(1))) == []


async def test_a_thread_that_is_nothing_of_ours_says_so_also_when_it_is_long(scene: Scene) -> None:
    scene.post(1, None)
    for number in range(2, 20):
        scene.post(number, scene.id(number - 1))
    await scene.place.take(create(scene.post(20, scene.id(19))))
    await scene.run()
    assert await scene.verdict(20) == (
        "ignored",
        "the thread it belongs to begins with a post that is nothing of ours",
    )


async def test_a_reply_below_a_private_answer_of_nobody_is_told_the_truth(scene: Scene) -> None:
    """What stands above it is ours to see, but is not taken: the reason is that, not that something is looked for."""
    scene.post(2, scene.id(1))
    vote = scene.post(1, NOTE)
    vote |= {"name": "Ja", "content": ""}
    scene.peer.serves("/users/jo/statuses/1", json.dumps({"@context": "https://www.w3.org/ns/activitystreams", **vote}))
    await scene.place.take(create(scene.post(2, scene.id(1))))
    await scene.run()
    verdict, reason = await scene.verdict(2)
    assert (verdict, "being looked for" in reason) == ("ignored", False)
