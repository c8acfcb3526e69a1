"""Create of a post -> an entry under the issue that it answers, quotes, links or names."""

from __future__ import annotations

from bridge.activity.incoming_note import Note
from bridge.activity.incoming_types import CreateById, CreateNote
from bridge.activity.remote_actor import RemoteActor
from bridge.inbox.arrival import keep
from bridge.inbox.authenticate import VerifiedActivity
from bridge.inbox.context import Context
from bridge.inbox.result import Effect, Ignored, saying
from bridge.inbox.sent_posts import named_post, own_arrival

_NOT_BY_SENDER = "the post is not by its sender, or not from the sender's server"


def add_comment(verified: VerifiedActivity, create: CreateNote, context: Context) -> Effect:
    """May it? Only the author of a post may bring it, and only from its own server (security S31, S32)."""
    return _kept(create.note, verified.actor, context)


async def add_named_comment(verified: VerifiedActivity, create: CreateById, context: Context) -> Effect:
    """May it? As above, once the sender's server has shown what the id stands for."""
    found = await named_post(verified, create.object_id, context, not_own=_NOT_BY_SENDER)
    return saying(found) if isinstance(found, Ignored) else _kept(*found, context)


def _kept(note: Note, actor: RemoteActor, context: Context) -> Effect:
    arrival = own_arrival(note, actor, context, not_own=_NOT_BY_SENDER)
    if isinstance(arrival, Ignored):
        return saying(arrival)
    return lambda tx: keep(tx, arrival, context)
