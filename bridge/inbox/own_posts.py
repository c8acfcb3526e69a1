"""An address that a stranger names -> the post of ours that is meant: by its own id, its page's, or its activity's.

Called by the handlers and by `arrival`. Lemmy, Friendica and relays name the Create (protocol sheet section 7).
"""

from __future__ import annotations

from bridge.inbox.context import Context
from bridge.store import places
from bridge.store.database import Transaction
from bridge.store.places import Place


def place_of_ours(tx: Transaction, address: str, context: Context) -> Place | None:
    """The issue of a post or page of ours; None for a reply of somebody else's, and all that is not here."""
    ours = context.blog.addresses.kind_of(address)
    if ours is None:
        return None
    if ours.kind == "page":
        return places.of_page(tx, context.blog.id, ours.token)
    found = places.of_object(tx, context.blog.id, address)
    return found if found is not None and found.is_ours else None


def post_meant(tx: Transaction, address: str, context: Context) -> str:
    """The id of the post of ours that an address means; the address itself where it means none."""
    place = place_of_ours(tx, address, context)
    return address if place is None or place.post is None else place.post
