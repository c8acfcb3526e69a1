"""A post that its author sends, whole or by its id -> ready to be kept, or why not; for Create and Update alike."""

from __future__ import annotations

from bridge.activity.incoming_note import Note
from bridge.activity.remote_actor import RemoteActor
from bridge.errors import FetchError
from bridge.inbox.arrival import Arrival, arrival_of, unfit
from bridge.inbox.authenticate import VerifiedActivity
from bridge.inbox.context import Context
from bridge.inbox.result import Ignored
from bridge.terms import ObjectId
from bridge.urls import same_origin


async def named_post(
    verified: VerifiedActivity, object_id: ObjectId, context: Context, *, not_own: str
) -> tuple[Note, RemoteActor] | Ignored:
    """The sender's post that is named by its id alone, as the sender's server shows it; else why it is not taken."""
    if not same_origin(object_id, verified.actor.id):
        return Ignored(reason=not_own)
    try:
        note, actor = await context.sources.post(object_id, verified.budget)
    except FetchError as error:
        return Ignored(reason=f"it names a post that could not be fetched: {error}")
    return (note, actor) if actor.id == verified.actor.id else Ignored(reason=not_own)


def own_arrival(note: Note, actor: RemoteActor, context: Context, *, not_own: str) -> Arrival | Ignored:
    """The sender's own post, ready to be kept; else why it cannot be a comment."""
    if note.attributed_to != actor.id or not same_origin(note.id, actor.id):
        return Ignored(reason=not_own)
    if (reason := unfit(note)) is not None:
        return Ignored(reason=reason)
    return arrival_of(note, actor, context, is_creator=context.is_creator)
