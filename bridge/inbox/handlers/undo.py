"""Undo of a follow, like or boost: only one's own."""

from __future__ import annotations

from bridge.activity.incoming_types import Undo, UndoAnnounce, UndoFollow, UndoLike
from bridge.inbox.authenticate import VerifiedActivity
from bridge.inbox.context import Context
from bridge.inbox.result import Done, Effect, Ignored, Result
from bridge.store import changes, followers, reactions
from bridge.store.database import Transaction

_NOT_YOURS = "an undo of something another actor did"
_NOTHING = "an undo of something we do not know"


def forget_follower(verified: VerifiedActivity, undo: UndoFollow, context: Context) -> Effect:
    """May it? Only the follower may end its following."""
    if undo.undone_actor not in (None, verified.actor.id):
        return lambda tx: Ignored(reason=_NOT_YOURS)
    if undo.target is not None and not context.is_us(undo.target):
        return lambda tx: Ignored(reason="an undo of a follow of somebody else")

    def effect(tx: Transaction) -> Result:
        if followers.remove(tx, context.blog.id, verified.actor.id):
            return Done(reason="no longer a follower")
        return Ignored(reason="did not follow")

    return effect


def take_back_like(verified: VerifiedActivity, undo: UndoLike, context: Context) -> Effect:
    """May it? Only who liked may take it back."""
    return _take_back(verified, undo, undo.object_id, "like")


def take_back_boost(verified: VerifiedActivity, undo: UndoAnnounce, context: Context) -> Effect:
    """May it? Only who boosted may take it back."""
    return _take_back(verified, undo, undo.object_id, "boost")


def _take_back(verified: VerifiedActivity, undo: Undo, object_id: str | None, kind: reactions.Kind) -> Effect:
    if undo.undone_actor not in (None, verified.actor.id):
        return lambda tx: Ignored(reason=_NOT_YOURS)

    def effect(tx: Transaction) -> Result:
        issue_id = None
        if object_id is not None:
            issue_id = reactions.remove(tx, verified.actor.id, kind=kind, object_id=object_id)
        if issue_id is None and undo.undone is not None:
            issue_id = reactions.remove_by_activity(tx, verified.actor.id, undo.undone)
        if issue_id is None:
            return Ignored(reason=_NOTHING)
        tx.touch(changes.issue(issue_id))
        return Done(reason=f"took back the {kind}", issue_id=issue_id)

    return effect


def undo_by_id(verified: VerifiedActivity, undo: Undo, context: Context) -> Effect:
    """Only the id of the undone activity is known: a reaction, else the one follow of this actor."""
    if undo.undone_actor not in (None, verified.actor.id):
        return lambda tx: Ignored(reason=_NOT_YOURS)

    def effect(tx: Transaction) -> Result:
        if undo.undone is None:
            return Ignored(reason=_NOTHING)
        issue_id = reactions.remove_by_activity(tx, verified.actor.id, undo.undone)
        if issue_id is not None:
            tx.touch(changes.issue(issue_id))
            return Done(reason="took back a reaction", issue_id=issue_id)
        follower = followers.find(tx, context.blog.id, verified.actor.id)
        if follower is not None and follower.follow_id == undo.undone:
            followers.remove(tx, context.blog.id, verified.actor.id)
            return Done(reason="no longer a follower")
        return Ignored(reason=_NOTHING)

    return effect
