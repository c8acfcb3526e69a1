"""An address that a stranger names -> the post of ours that is meant: by its own id, its page's, or its activity's.

Called by the handlers and by `arrival`. Lemmy, Friendica and relays name the Create (protocol sheet section 7).
"""

from __future__ import annotations

import re

from bridge.activity.ids import Blog
from bridge.inbox.context import Context
from bridge.store import entries, places
from bridge.store.database import Transaction
from bridge.store.entries import EntryRow
from bridge.store.places import Place

#: Where a comment stands on its issue's page.
_COMMENT = re.compile(r"#c-([0-9A-Za-z_-]{1,64})\Z")


def place_at(tx: Transaction, address: str, context: Context) -> Place | None:
    """Where the thing of this id stands: ours, however our host is spelled in it, or somebody's comment."""
    return places.of_object(tx, context.blog.id, context.blog.addresses.spelled(address))


def place_of_ours(tx: Transaction, address: str, context: Context) -> Place | None:
    """The issue of a post or page of ours; None for a reply of somebody else's, and all that is not here."""
    ours = context.blog.addresses.kind_of(address)
    if ours is None:
        return None
    if ours.kind == "page":
        comment = _comment_at(tx, address, context.blog)
        return places.of_page(tx, context.blog.id, ours.token) if comment is None else _answer(tx, comment)
    found = place_at(tx, address, context)
    return found if found is not None and found.is_ours else None


def post_meant(tx: Transaction, address: str, context: Context) -> str:
    """The id of the post that an address of ours means, which may be somebody's comment; the address for all else."""
    comment = _comment_at(tx, address, context.blog)
    if comment is not None:
        return comment.object_id
    place = place_of_ours(tx, address, context)
    return address if place is None or place.post is None else place.post


def _comment_at(tx: Transaction, address: str, blog: Blog) -> EntryRow | None:
    found = _COMMENT.search(address)
    if found is None or not blog.addresses.is_ours(address):
        return None
    return entries.find_by_token(tx, blog.id, found[1])


def _answer(tx: Transaction, comment: EntryRow) -> Place | None:
    return places.of_object(tx, comment.blog_id, comment.object_id) if comment.ours else None
