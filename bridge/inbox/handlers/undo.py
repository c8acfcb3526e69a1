"""Undo of a follow, like or boost: only one's own."""

from __future__ import annotations

from bridge.activity.incoming_types import Announce, Follow, Like, Undo, UndoAnnounce, UndoBlock, UndoFollow, UndoLike
from bridge.inbox.authenticate import VerifiedActivity
from bridge.inbox.context import Context
from bridge.inbox.handlers.relations import show_again
from bridge.inbox.own_posts import post_meant
from bridge.inbox.result import Done, Effect, Ignored, Result
from bridge.store import actors, changes, followers, reactions, received, tombstones
from bridge.store.database import Transaction
from bridge.terms import ActorId
from bridge.urls import same_origin

_NOT_YOURS = "an undo of something another actor did"
_NOTHING = "an undo of something we do not know"
_REACTIONS = (Like.__name__, Announce.__name__)
_NO_MORE = "an undo of something that did not count any more"


def forget_follower(verified: VerifiedActivity, undo: UndoFollow, context: Context) -> Effect:
    """May it? Only the follower may end its following."""
    if undo.undone_actor not in (None, verified.actor.id):
        return lambda tx: Ignored(reason=_NOT_YOURS)
    if undo.target is not None and not context.is_us(undo.target):
        return lambda tx: Ignored(reason="an undo of a follow of somebody else")

    def effect(tx: Transaction) -> Result:
        if followers.remove(tx, context.blog.id, verified.actor.id):
            return Done(reason="no longer a follower")
        if _may_still_come(tx, verified, undo, context):
            return Ignored(reason="did not follow; should the follow still come, it stays undone")
        return Ignored(reason="did not follow")

    return effect


def take_back_like(verified: VerifiedActivity, undo: UndoLike, context: Context) -> Effect:
    """May it? Only who liked may take it back."""
    return _take_back(verified, undo, undo.object_id, "like", context)


def take_back_boost(verified: VerifiedActivity, undo: UndoAnnounce, context: Context) -> Effect:
    """May it? Only who boosted may take it back."""
    return _take_back(verified, undo, undo.object_id, "boost", context)


def _take_back(
    verified: VerifiedActivity, undo: Undo, object_id: str | None, kind: reactions.Kind, context: Context
) -> Effect:
    if undo.undone_actor not in (None, verified.actor.id):
        return lambda tx: Ignored(reason=_NOT_YOURS)

    def effect(tx: Transaction) -> Result:
        issue_id, actor_id = None, verified.actor.id
        post = None if object_id is None else post_meant(tx, object_id, context)
        if undo.undone is not None:
            issue_id = reactions.remove_by_activity(tx, actor_id, undo.undone)
            if issue_id is None and received.of_sender(tx, actor_id, undo.undone) is not None:
                return Ignored(reason=_NO_MORE)
        if issue_id is None and post is not None:
            # Of several emoji only the one that is named goes; where none is named, or there is but one, it is meant.
            is_plain = undo.undone is None or reactions.count_of(tx, actor_id, kind=kind, object_id=post) == 1
            if is_plain:
                issue_id = reactions.remove(tx, actor_id, kind=kind, object_id=post)
        if issue_id is None:
            return _remember(tx, verified, undo, context)
        tx.touch(changes.issue(issue_id))
        return Done(reason=f"took back the {kind}", issue_id=issue_id)

    return effect


def undo_by_id(verified: VerifiedActivity, undo: Undo, context: Context) -> Effect:
    """Only the id of the undone activity is known: a reaction, else the one follow of this actor (protocol 7)."""
    if undo.undone_actor not in (None, verified.actor.id):
        return lambda tx: Ignored(reason=_NOT_YOURS)

    def effect(tx: Transaction) -> Result:
        if undo.undone is None:
            return Ignored(reason=_NOTHING if undo.undone_type is None else _changes_nothing(undo.undone_type))
        issue_id = reactions.remove_by_activity(tx, verified.actor.id, undo.undone)
        if issue_id is not None:
            tx.touch(changes.issue(issue_id))
            return Done(reason="took back a reaction", issue_id=issue_id)
        if _was_follow(tx, verified.actor.id, undo.undone, context):
            followers.remove(tx, context.blog.id, verified.actor.id)
            return Done(reason="no longer a follower")
        if undo.undone_type is not None:
            return Ignored(reason=_changes_nothing(undo.undone_type))
        known = received.of_sender(tx, verified.actor.id, undo.undone)
        if known is not None and known.type in _REACTIONS:
            return Ignored(reason=_NO_MORE)
        return _remember(tx, verified, undo, context)

    return effect


def _changes_nothing(kind: str) -> str:
    return f"an undo of {kind}, which changes nothing here; a post is taken back by a Delete"


def _was_follow(tx: Transaction, actor_id: ActorId, undone: str, context: Context) -> bool:
    """Whether the id names the follow that stands: the last one sent, one sent before it, or one that had no id."""
    follower = followers.find(tx, context.blog.id, actor_id)
    if follower is None or follower.follow_id == undone:
        return follower is not None
    known = received.of_sender(tx, actor_id, undone)
    if known is None:
        return follower.follow_id is None
    return known.type == Follow.__name__ and known.verdict == "done"


def _remember(tx: Transaction, verified: VerifiedActivity, undo: Undo, context: Context) -> Result:
    """What is undone may still be on its way: should it come, it stays undone."""
    if _may_still_come(tx, verified, undo, context):
        return Ignored(reason=f"{_NOTHING}; should it come, it stays undone")
    return Ignored(reason=_NOTHING)


def _may_still_come(tx: Transaction, verified: VerifiedActivity, undo: Undo, context: Context) -> bool:
    """Whether it has an id of the sender's own, by which it is known when it comes."""
    if undo.undone is None or not same_origin(undo.undone, verified.actor.id):
        return False
    tombstones.add(tx, undo.undone, verified.actor.id, now=context.now)
    return True


def unblock(verified: VerifiedActivity, undo: UndoBlock, context: Context) -> Effect:
    """May it? Who blocked the blog may end that; what they said is shown again."""
    if undo.undone_actor not in (None, verified.actor.id):
        return lambda tx: Ignored(reason=_NOT_YOURS)
    if not context.is_us(undo.target):
        return lambda tx: Ignored(reason="the end of a block of somebody else")

    def effect(tx: Transaction) -> Result:
        if actors.blocks_us(tx, verified.actor.id):
            return show_again(tx, verified, context)
        if _may_still_come(tx, verified, undo, context):
            return Ignored(reason="did not block the blog; should the block still come, it stays undone")
        return Ignored(reason="did not block the blog")

    return effect
