"""Permission to quote an object of ours, as documents: who gets it, the stamp, and taking it back.

`inbox.handlers.quote` and `outbox.stamps` call it. FEP-044f; protocol sheet section 6.3.
"""

from __future__ import annotations

from typing import Literal

from bridge.activity.context import with_context
from bridge.activity.wire_names import PUBLIC
from bridge.terms import ActivityId, ActorId, Document, ObjectId

Quoters = Literal["everyone", "followers", "nobody"]


def quoters_of(document: Document, *, followers: str) -> Quoters:
    """Who may quote one of our objects, by what it says itself: what was told is what is kept."""
    policy = document.get("interactionPolicy")
    rule = policy.get("canQuote") if isinstance(policy, dict) else None
    allowed = rule.get("automaticApproval") if isinstance(rule, dict) else None
    if not isinstance(allowed, list):
        return "nobody"
    if PUBLIC in allowed:
        return "everyone"
    return "followers" if followers in allowed else "nobody"


def stamp_document(stamp: ObjectId, *, actor: ActorId, instrument: ObjectId, target: ObjectId) -> Document:
    """The stamp as others fetch it; it names the quoting post and never holds it."""
    return with_context(
        {
            "id": stamp,
            "type": "QuoteAuthorization",
            "attributedTo": actor,
            "interactingObject": instrument,
            "interactionTarget": target,
        }
    )


def delete_stamp(stamp: Document, activity_id: ActivityId, *, actor: ActorId, quoter: ActorId) -> Document:
    """Take a stamp back. It is embedded, so that servers that never saw it know which quote it was for."""
    return with_context(
        {
            "id": activity_id,
            "type": "Delete",
            "actor": actor,
            "to": [quoter],
            "object": {key: value for key, value in stamp.items() if key != "@context"},
        }
    )
