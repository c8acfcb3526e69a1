"""ReplyRequest, LikeRequest and AnnounceRequest (GoToSocial) -> an Accept, or a Reject once comments are closed."""

from __future__ import annotations

from bridge.activity.ids import new_token
from bridge.activity.incoming_types import AnnounceRequest, InteractionRequest, LikeRequest, ReplyRequest
from bridge.activity.outgoing import answer_of
from bridge.inbox.authenticate import VerifiedActivity
from bridge.inbox.context import Context
from bridge.inbox.own_posts import place_at
from bridge.inbox.result import Done, Effect, Ignored, Result
from bridge.outbox import audience
from bridge.store.database import Transaction
from bridge.store.published import NewActivity
from bridge.urls import same_origin, same_site

NO_ID = "it asks leave without an id, so no answer could say which request it answers"


def may_reply(verified: VerifiedActivity, request: ReplyRequest, context: Context) -> Effect:
    """May it? Anybody may ask for leave to publish a reply of their own."""
    return _answered(verified, request, context, "ReplyRequest", until_closed=True)


def may_like(verified: VerifiedActivity, request: LikeRequest, context: Context) -> Effect:
    """May it? Anybody may ask; whoever may read may like."""
    return _answered(verified, request, context, "LikeRequest", until_closed=False)


def may_boost(verified: VerifiedActivity, request: AnnounceRequest, context: Context) -> Effect:
    """May it? Anybody may ask; whoever may read may boost."""
    return _answered(verified, request, context, "AnnounceRequest", until_closed=False)


def _answered(
    verified: VerifiedActivity, request: InteractionRequest, context: Context, kind: str, *, until_closed: bool
) -> Effect:
    blog, actor = context.blog, verified.actor
    if request.id is None:
        return lambda tx: Ignored(reason=NO_ID)
    if not same_origin(request.instrument_id, actor.id):
        return lambda tx: Ignored(reason="it asks leave for a post that is not the sender's own")
    if not same_site(actor.inbox, actor.id):
        return lambda tx: Ignored(reason="its inbox is on another server, which asked nothing")  # S79
    activity_id = blog.addresses.activity(new_token())
    asked = {
        "id": request.id,
        "type": kind,
        "actor": actor.id,
        "object": request.object_id,
        "instrument": request.instrument_id,
    }

    def effect(tx: Transaction) -> Result:
        place = place_at(tx, request.object_id, context)
        if place is None or not place.is_ours:
            return Ignored(reason="it asks leave for a post that is not ours to give")
        refused = until_closed and place.closed(context.now) and not context.is_creator
        answer = "Reject" if refused else "Accept"
        body = blog.seal(answer_of(asked, activity_id, answer, actor=blog.actor_id))
        new = NewActivity(id=activity_id, blog_id=blog.id, type=answer, body=body, issue_id=place.issue_id)
        audience.deliver(tx, new, [actor.inbox], now=context.now, priority=audience.AWAITED)
        if refused:
            return Ignored(verdict="closed", reason="comments are closed; it was told so", issue_id=place.issue_id)
        return Done(reason="it asked for leave, and has it", issue_id=place.issue_id)

    return effect
