"""Fetched posts -> arrivals, as the inbox makes them of those that are sent; for `climb` and `crawl`."""

from __future__ import annotations

from collections.abc import Iterable

from bridge.activity.incoming_note import Note
from bridge.activity.remote_actor import RemoteActor
from bridge.inbox.arrival import Arrival, arrival_of, unfit
from bridge.inbox.context import Context
from bridge.remote.budget import Budget


async def arrivals_of(posts: Iterable[tuple[Note, RemoteActor]], context: Context, budget: Budget) -> list[Arrival]:
    """Those of the posts that can be comments, in their order."""
    return [
        arrival_of(note, actor, context, way="crawl", is_creator=await context.creators.include(actor, budget))
        for note, actor in posts
        if unfit(note) is None
    ]
