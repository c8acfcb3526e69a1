"""Create of a post -> an entry under the issue that it answers, quotes, links or names."""

from __future__ import annotations

from bridge.activity.incoming_note import Note
from bridge.activity.incoming_types import CreateById, CreateNote
from bridge.activity.remote_actor import RemoteActor
from bridge.errors import FetchError
from bridge.inbox.arrival import arrival_of, keep, unfit
from bridge.inbox.authenticate import VerifiedActivity
from bridge.inbox.context import Context
from bridge.inbox.result import Effect, Ignored
from bridge.urls import same_origin

NOT_BY_SENDER = "the post is not by its sender, or not from the sender's server"


def add_comment(verified: VerifiedActivity, create: CreateNote, context: Context) -> Effect:
    """May it? Only the author of a post may bring it, and only from its own server (security S31, S32)."""
    return kept_or_why_not(create.note, verified.actor, context)


async def add_named_comment(verified: VerifiedActivity, create: CreateById, context: Context) -> Effect:
    """May it? As above, once the sender's server has shown what the id stands for."""
    if not same_origin(create.object_id, verified.actor.id):
        return lambda tx: Ignored(reason=NOT_BY_SENDER)
    try:
        note, actor = await context.sources.post(create.object_id, verified.budget)
    except FetchError as error:
        told = f"it names a post that could not be fetched: {error}"
        return lambda tx: Ignored(reason=told)
    if actor.id != verified.actor.id:
        return lambda tx: Ignored(reason=NOT_BY_SENDER)
    return kept_or_why_not(note, actor, context)


def kept_or_why_not(note: Note, actor: RemoteActor, context: Context) -> Effect:
    """Keep a post of the sender's own."""
    if note.attributed_to != actor.id or not same_origin(note.id, actor.id):
        return lambda tx: Ignored(reason=NOT_BY_SENDER)
    if (reason := unfit(note)) is not None:
        return lambda tx: Ignored(reason=reason)
    arrival = arrival_of(note, actor, context, is_creator=context.is_creator)
    return lambda tx: keep(tx, arrival, context)
