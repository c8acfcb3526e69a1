"""Who gets an activity -> one delivery for each distinct inbox: the followers', and those of people who are named."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bridge.activity.context import PUBLIC
from bridge.activity.ids import Blog
from bridge.store import deliveries, followers
from bridge.store.database import Transaction
from bridge.terms import InboxUrl
from bridge.urls import host_of


def public_with_followers(blog: Blog) -> dict[str, list[str]]:
    """`to` and `cc` of something everybody may see."""
    return {"to": [PUBLIC], "cc": [blog.followers]}


def deliver(
    tx: Transaction,
    blog: Blog,
    *,
    activity: int,
    issue_id: int | None,
    object_id: str | None,
    extra: Sequence[InboxUrl],
    now: datetime,
    priority: int = 0,
) -> int:
    """Put the activity into the ledger for every follower's inbox and the `extra` ones; returns how many."""
    inboxes = list(dict.fromkeys([*followers.inboxes(tx, blog.id), *extra]))
    return deliveries.add(
        tx,
        blog.id,
        activity=activity,
        issue_id=issue_id,
        object_id=object_id,
        inboxes=[(inbox, host_of(inbox)) for inbox in inboxes],
        priority=priority,
        now=now,
    )
