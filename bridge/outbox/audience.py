"""A new activity and whom it is for -> the activity kept, and one delivery in the ledger for each distinct inbox.

All that the blog says goes out through here: issues, answers, the profile, and the Accepts and Rejects of `inbox`.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from bridge.store import actors, deliveries, followers, published
from bridge.store.database import Transaction
from bridge.store.published import NewActivity, ObjectRow
from bridge.terms import InboxUrl
from bridge.urls import host_of

#: Priorities: what a server waits for goes before an answer to a few people, and that before any fan-out (0).
AWAITED = 10
TO_A_FEW = 5


def deliver(
    tx: Transaction, activity: NewActivity, inboxes: Iterable[InboxUrl], *, now: datetime, priority: int = 0
) -> int:
    """Keep the activity and put it into the ledger for each of these inboxes, once; returns how many deliveries."""
    number = published.add_activity(tx, activity, now=now)
    return deliveries.add(
        tx,
        activity.blog_id,
        activity=number,
        issue_id=activity.issue_id,
        object_id=activity.object_id,
        inboxes=[(inbox, host_of(inbox)) for inbox in dict.fromkeys(inboxes)],
        priority=priority,
        now=now,
    )


def followers_and(tx: Transaction, blog_id: int, others: Iterable[InboxUrl] = ()) -> list[InboxUrl]:
    """The inboxes of all followers, a shared one where there is one, and these others."""
    return [*followers.inboxes(tx, blog_id), *others]


def whoever_has(tx: Transaction, one: ObjectRow) -> list[InboxUrl]:
    """Whom an edit or deletion is for: all followers, whoever was sent it, and on an issue whoever took part.

    Who follows since, or answers from a search, has it from the outbox or from others: it was never sent there.
    """
    sent = [inbox for inbox, _ in deliveries.inboxes_of(tx, one.id)]
    took_part = [] if one.issue_id is None else actors.inboxes_around(tx, one.issue_id)
    return followers_and(tx, one.blog_id, [*sent, *took_part])
