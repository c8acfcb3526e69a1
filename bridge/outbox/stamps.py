"""Permission to quote, revoked: the stamp is gone at its address, and who has it is told (FEP-044f).

Called where an object of ours is deleted, and where the author blocks somebody.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from bridge.activity.ids import Blog, new_token
from bridge.activity.quote import delete_stamp, stamp_document
from bridge.outbox import audience
from bridge.store import changes, issues, quote_stamps
from bridge.store.database import Transaction
from bridge.store.published import NewActivity
from bridge.store.quote_stamps import Stamp
from bridge.terms import Document


def document_of(blog: Blog, stamp: Stamp) -> Document:
    """A stamp as others fetch it."""
    return stamp_document(
        blog.addresses.stamp(stamp.token), actor=blog.actor_id, instrument=stamp.instrument_id, target=stamp.object_id
    )


def revoke(tx: Transaction, blog: Blog, stamps: Iterable[Stamp], *, now: datetime) -> int:
    """Take these back and tell their holders; returns how many there were."""
    given = list(stamps)
    if not given:
        return 0
    quote_stamps.revoke(tx, [stamp.token for stamp in given], now=now)
    for stamp in given:
        activity_id = blog.addresses.activity(new_token())
        activity = delete_stamp(document_of(blog, stamp), activity_id, actor=blog.actor_id, quoter=stamp.actor_id)
        issue = issues.find_by_object(tx, stamp.object_id)
        new = NewActivity(
            id=activity_id,
            blog_id=blog.id,
            type="Delete",
            body=blog.seal(activity),
            issue_id=None if issue is None else issue.id,
        )
        audience.deliver(tx, new, [stamp.inbox], now=now, priority=audience.AWAITED)
    tx.touch(changes.BLOG)
    return len(given)
