"""A request for permission to do something with a post of ours -> whether it can be answered, and the answer.

GoToSocial's requests (`handlers.interaction`) and the quote request of FEP-044f (`handlers.quote`) have the same shape.
"""

from __future__ import annotations

from typing import Literal

from bridge.activity.ids import new_token
from bridge.activity.incoming_types import InteractionRequest
from bridge.activity.outgoing import answer_of
from bridge.inbox.authenticate import VerifiedActivity
from bridge.inbox.context import Context
from bridge.inbox.result import Ignored
from bridge.outbox import audience
from bridge.store.database import Transaction
from bridge.store.published import NewActivity
from bridge.terms import ObjectId
from bridge.urls import same_origin, same_site

NOT_ITS_OWN = "it asks permission for a post that is not the sender's own"


def unanswerable(verified: VerifiedActivity, request: InteractionRequest) -> Ignored | None:
    """Why the request gets no answer, or None if it has to be judged. People may only ask for posts of their own."""
    actor = verified.actor
    if request.id is None:
        return Ignored(reason="it asks permission without an id, so no answer could say which request it answers")
    if not same_origin(request.instrument_id, actor.id):
        return Ignored(reason=NOT_ITS_OWN)
    if not same_site(actor.inbox, actor.id):
        return Ignored(reason="its inbox is on another server, which asked nothing")  # S79
    return None


def answer(
    tx: Transaction,
    verified: VerifiedActivity,
    request: InteractionRequest,
    context: Context,
    *,
    kind: Literal["Accept", "Reject"],
    issue_id: int | None,
    stamp: ObjectId | None = None,
) -> None:
    """Send the asker the answer; `stamp` proves to other servers that a quote is permitted."""
    blog = context.blog
    activity_id = blog.addresses.activity(new_token())
    body = blog.seal(answer_of(request, activity_id, kind, actor=blog.actor_id, stamp=stamp))
    new = NewActivity(id=activity_id, blog_id=blog.id, type=kind, body=body, issue_id=issue_id)
    audience.deliver(tx, new, [verified.actor.inbox], now=context.now, priority=audience.AWAITED)
