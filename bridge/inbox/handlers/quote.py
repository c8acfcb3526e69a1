"""QuoteRequest -> a stamp that lets one post quote one object of ours, or a Reject, as the issue's `quotes` says.

FEP-044f, protocol sheet section 6.3. One stamp for each pair, so that asking again gives the same one (S43).
"""

from __future__ import annotations

from bridge.activity.ids import new_token
from bridge.activity.incoming_note import Note
from bridge.activity.incoming_types import QuoteRequest
from bridge.activity.quote import quoters_of
from bridge.errors import FetchError
from bridge.inbox import permission
from bridge.inbox.authenticate import VerifiedActivity
from bridge.inbox.context import Context
from bridge.inbox.own_posts import place_at
from bridge.inbox.result import Done, Effect, Ignored, Result, saying
from bridge.store import followers, published, quote_stamps
from bridge.store.database import Transaction
from bridge.store.published import ObjectRow
from bridge.store.quote_stamps import Stamp


async def give_leave(verified: VerifiedActivity, request: QuoteRequest, context: Context) -> Effect:
    """May it? Anybody may ask, for a post of their own; whose it is, the post says, embedded or at its own server."""
    if (refusal := permission.unanswerable(verified, request)) is not None:
        return saying(refusal)
    asked_for = request.instrument_id
    quote = request.quote
    if quote is None:
        try:
            quote, _ = await context.sources.post(asked_for, verified.budget)
        except FetchError as error:
            return saying(Ignored(reason=f"the post that would quote could not be read: {error}"))
    if quote.attributed_to != verified.actor.id or quote.id != asked_for:
        return saying(Ignored(reason=permission.NOT_ITS_OWN))
    return _judged(verified, request, quote, context)


def _judged(verified: VerifiedActivity, request: QuoteRequest, quote: Note, context: Context) -> Effect:
    def effect(tx: Transaction) -> Result:
        row = _post(tx, request.object_id, context)
        if row is None or row.deleted_at is not None:
            return Ignored(reason=f"it asks permission to quote {request.object_id}, which is not ours")
        issue_id = row.issue_id
        if quote.quotes is not None and not _is_of(tx, quote.quotes, row, context):
            return Ignored(reason="the post quotes something else", issue_id=issue_id)
        stamp = _stamp(tx, row, quote, verified, context)
        if stamp is None:
            permission.answer(tx, verified, request, context, kind="Reject", issue_id=issue_id)
            return Ignored(reason="it may not be quoted by this sender, who was told so", issue_id=issue_id)
        address = context.blog.addresses.stamp(stamp.token)
        permission.answer(tx, verified, request, context, kind="Accept", issue_id=issue_id, stamp=address)
        return Done(reason="it asked permission to quote, and has it", issue_id=issue_id)

    return effect


def _post(tx: Transaction, address: str, context: Context) -> ObjectRow | None:
    """The post of ours by its id, or by its activity's; a page alone is nothing that can be quoted."""
    place = place_at(tx, address, context)
    return None if place is None or place.post is None else published.find(tx, place.post)


def _is_of(tx: Transaction, quoted: str, row: ObjectRow, context: Context) -> bool:
    return quoted in (row.id, row.document.get("url")) or _post(tx, quoted, context) == row


def _stamp(tx: Transaction, row: ObjectRow, quote: Note, verified: VerifiedActivity, context: Context) -> Stamp | None:
    """The stamp given before, or a new one if the object's policy allows it. A revoked one stays revoked."""
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
