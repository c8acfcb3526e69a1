"""QuoteRequest -> a stamp that lets one post quote one object of ours, or a Reject, as the issue's `quotes` says.

FEP-044f, protocol sheet section 6.3. One stamp for each pair, so that asking again gives the same one (S43).
"""

from __future__ import annotations

from bridge.activity.ids import new_token
from bridge.activity.incoming_note import Note
from bridge.activity.incoming_types import QuoteRequest
from bridge.activity.outgoing import answer_of
from bridge.activity.quote import accept_quote, quoters_of
from bridge.errors import FetchError
from bridge.inbox.authenticate import VerifiedActivity
from bridge.inbox.context import Context
from bridge.inbox.handlers.permission import NO_ID
from bridge.inbox.own_posts import place_at
from bridge.inbox.result import Done, Effect, Ignored, Result
from bridge.outbox import audience
from bridge.store import followers, published, quote_stamps
from bridge.store.database import Transaction
from bridge.store.published import NewActivity, ObjectRow
from bridge.store.quote_stamps import Stamp
from bridge.terms import Document, ObjectId
from bridge.urls import same_origin, same_site


async def give_leave(verified: VerifiedActivity, request: QuoteRequest, context: Context) -> Effect:
    """May it? Anybody may ask, for a post of their own; whose it is, the post says, embedded or at its own server."""
    actor, asked_for = verified.actor, request.instrument_id
    if request.id is None:
        return lambda tx: Ignored(reason=NO_ID)
    if not same_origin(asked_for, actor.id) or not asked_for.startswith(("https://", "http://")):
        return lambda tx: Ignored(reason="it asks leave for a post that is not the sender's own")
    if not same_site(actor.inbox, actor.id):
        return lambda tx: Ignored(reason="its inbox is on another server, which asked nothing")  # S79
    quote = request.quote
    if quote is None:
        try:
            quote, _ = await context.sources.post(asked_for, verified.budget)
        except FetchError as error:
            reason = f"the post that would quote could not be read: {error}"
            return lambda tx: Ignored(reason=reason)
    if quote.attributed_to != actor.id or quote.id != asked_for:
        return lambda tx: Ignored(reason="it asks leave for a post that is not the sender's own")
    echoed: Document = {
        "id": request.id,
        "type": "QuoteRequest",
        "actor": actor.id,
        "object": request.object_id,
        "instrument": asked_for,
    }
    return _judged(verified, request.object_id, quote, echoed, context)


def _judged(verified: VerifiedActivity, object_id: ObjectId, quote: Note, echoed: Document, context: Context) -> Effect:
    blog, actor = context.blog, verified.actor
    activity_id = blog.addresses.activity(new_token())

    def effect(tx: Transaction) -> Result:
        row = _post(tx, object_id, context)
        if row is None or row.deleted_at is not None:
            return Ignored(reason=f"it asks leave to quote {object_id}, which is not ours to give")
        if quote.quotes is not None and not _is_of(tx, quote.quotes, row, context):
            return Ignored(reason="the post quotes something else", issue_id=row.issue_id)
        stamp = _stamp(tx, row, quote, verified, context)
        if stamp is None:
            body = blog.seal(answer_of(echoed, activity_id, "Reject", actor=blog.actor_id))
        else:
            address = blog.addresses.stamp(stamp.token)
            body = blog.seal(accept_quote(echoed, activity_id, actor=blog.actor_id, stamp=address))
        kind = "Reject" if stamp is None else "Accept"
        new = NewActivity(id=activity_id, blog_id=blog.id, type=kind, body=body, issue_id=row.issue_id)
        audience.deliver(tx, new, [actor.inbox], now=context.now, priority=audience.AWAITED)
        if stamp is None:
            return Ignored(reason="it may not be quoted by this sender, who was told so", issue_id=row.issue_id)
        return Done(reason="it asked leave to quote, and has it", issue_id=row.issue_id)

    return effect


def _post(tx: Transaction, address: str, context: Context) -> ObjectRow | None:
    """The post of ours by its id, or by its activity's; a page alone is nothing that can be quoted."""
    place = place_at(tx, address, context)
    return None if place is None or place.post is None else published.find(tx, place.post)


def _is_of(tx: Transaction, quoted: str, row: ObjectRow, context: Context) -> bool:
    return quoted in (row.id, row.document.get("url")) or _post(tx, quoted, context) == row


def _stamp(tx: Transaction, row: ObjectRow, quote: Note, verified: VerifiedActivity, context: Context) -> Stamp | None:
    """The leave that stands, or a new one if the object's policy lets this person quote; one taken back stays so."""
    known = quote_stamps.find_for(tx, row.id, quote.id)
    if known is not None:
        return None if known.revoked_at is not None or known.actor_id != verified.actor.id else known
    if not _may_quote(tx, row, verified, context):
        return None
    stamp = Stamp(
        token=new_token(),
        blog_id=context.blog.id,
        object_id=row.id,
        instrument_id=quote.id,
        actor_id=verified.actor.id,
        inbox=verified.actor.inbox,
        given_at=context.now,
    )
    quote_stamps.add(tx, stamp)
    return stamp


def _may_quote(tx: Transaction, row: ObjectRow, verified: VerifiedActivity, context: Context) -> bool:
    if context.is_creator:
        return True
    match quoters_of(row.document, followers=context.blog.followers):
        case "everyone":
            return True
        case "followers":
            return followers.find(tx, context.blog.id, verified.actor.id) is not None
        case "nobody":
            return False
