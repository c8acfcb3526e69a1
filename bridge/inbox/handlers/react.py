"""Like and Announce of something of ours -> one reaction for each actor and issue."""

from __future__ import annotations

from bridge.activity.incoming_types import Announce, Like
from bridge.inbox.authenticate import VerifiedActivity
from bridge.inbox.context import Context
from bridge.inbox.result import Done, Effect, Ignored, Result
from bridge.store import changes, entries, reactions
from bridge.store.database import Transaction


def count_like(verified: VerifiedActivity, like: Like, context: Context) -> Effect:
    """May it? Anybody may like, once."""
    return _count(verified, context, "like", like.object_id, like.id, like.content)


def count_boost(verified: VerifiedActivity, announce: Announce, context: Context) -> Effect:
    """May it? Anybody may boost, once; a boost that is not public is told to nobody."""
    if not announce.is_public:
        return lambda tx: Ignored(verdict="private", reason="a boost that is not public")
    return _count(verified, context, "boost", announce.object_id, announce.id, None)


def _count(
    verified: VerifiedActivity,
    context: Context,
    kind: reactions.Kind,
    object_id: str,
    activity_id: str | None,
    content: str | None,
) -> Effect:
    blog = context.blog
    ours = blog.addresses.kind_of(object_id)

    def effect(tx: Transaction) -> Result:
        place = entries.issue_of(tx, blog.id, object_id) if ours is not None else None
        if place is None:
            return Ignored(reason=f"a {kind} of {object_id}, which is not ours")
        issue_id = place[0]
        new = reactions.add(
            tx,
            blog.id,
            issue_id=issue_id,
            kind=kind,
            actor_id=verified.actor.id,
            object_id=object_id,
            activity_id=activity_id,
            content=content,
            now=context.now,
        )
        if not new:
            return Ignored(verdict="duplicate", reason=f"has done so before: one {kind} a person", issue_id=issue_id)
        tx.touch(changes.issue(issue_id))
        return Done(verdict="shown", reason=f"counts as a {kind}", issue_id=issue_id)

    return effect
