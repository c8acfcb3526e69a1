"""ReplyRequest, LikeRequest and AnnounceRequest (GoToSocial) -> an Accept, or a Reject once comments are closed."""

from __future__ import annotations

from bridge.activity.incoming_types import AnnounceRequest, InteractionRequest, LikeRequest, ReplyRequest
from bridge.inbox import permission
from bridge.inbox.authenticate import VerifiedActivity
from bridge.inbox.context import Context
from bridge.inbox.own_posts import place_at
from bridge.inbox.result import Done, Effect, Ignored, Result, saying
from bridge.store.database import Transaction


def may_reply(verified: VerifiedActivity, request: ReplyRequest, context: Context) -> Effect:
    """May it? Anybody may ask for permission to publish a reply of their own."""
    return _answered(verified, request, context, until_closed=True)


def may_like(verified: VerifiedActivity, request: LikeRequest, context: Context) -> Effect:
    """May it? Anybody may ask; whoever may read may like."""
    return _answered(verified, request, context, until_closed=False)


def may_boost(verified: VerifiedActivity, request: AnnounceRequest, context: Context) -> Effect:
    """May it? Anybody may ask; whoever may read may boost."""
    return _answered(verified, request, context, until_closed=False)


def _answered(
    verified: VerifiedActivity, request: InteractionRequest, context: Context, *, until_closed: bool
) -> Effect:
    if (refusal := permission.unanswerable(verified, request)) is not None:
        return saying(refusal)

    def effect(tx: Transaction) -> Result:
        place = place_at(tx, request.object_id, context)
        if place is None or not place.is_ours:
            return Ignored(reason="it asks permission for something that is not ours")
        issue_id = place.issue_id
        if until_closed and place.closed(context.now) and not context.is_creator:
            permission.answer(tx, verified, request, context, kind="Reject", issue_id=issue_id)
            return Ignored(verdict="closed", reason="comments are closed; it was told so", issue_id=issue_id)
        permission.answer(tx, verified, request, context, kind="Accept", issue_id=issue_id)
        return Done(reason="it asked for permission, and has it", issue_id=issue_id)

    return effect
