"""How many follows one server may bring (security S77, S78)."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from bridge.errors import TooMany
from bridge.store.database import Database
from tests.support.inboxes import Place, inbox_on, publish_issue, settings


async def test_s78_one_server_brings_no_more_new_followers_an_hour_than_it_may(
    database: Database, tmp_path: Path
) -> None:
    public = settings(tmp_path, federation={"allow_private_addresses": False}, limits={"new_followers_per_hour": 3})
    await database.write(publish_issue)
    async with inbox_on(database, public) as place:
        told = [await follows(place, f"https://throwaway.example/users/{number}") for number in range(5)]
        other = await follows(place, "https://fern.example/users/anna")
        place.clock.turn(timedelta(hours=1, seconds=1))
        later = await follows(place, "https://throwaway.example/users/4")

    assert told == ["done"] * 3 + ["later"] * 2
    assert (other, later) == ("done", "done")


async def test_s77_follows_and_unfollows_without_end_leave_one_follower_or_none(place: Place) -> None:
    """Flapping counts once: what is counted is who follows, not how often."""
    actor_id = "https://fern.example/users/anna"
    for number in range(5):
        assert await follows(place, actor_id, number) == "done"
        undo = {"id": f"{actor_id}/undo/{number}", "type": "Undo", "actor": actor_id,
                "object": {"type": "Follow", "id": f"{actor_id}/follow/{number}", "actor": actor_id}}  # fmt: skip
        assert (await place.take(undo)).verdict == "done"
    assert await follows(place, actor_id, 9) == "done"


async def follows(place: Place, actor_id: str, number: int = 0) -> str:
    """What becomes of a Follow."""
    us = place.blog.actor_id
    follow = {"type": "Follow", "id": f"{actor_id}/follow/{number}", "actor": actor_id, "object": us}
    try:
        return (await place.take(follow)).verdict
    except TooMany as error:
        assert error.retry_after == timedelta(hours=1)  # noqa: PT017
        return "later"
