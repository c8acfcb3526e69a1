"""A parked reply that will never stand under an issue -> its last word in the record, and that of what waits for it."""

from __future__ import annotations

from datetime import datetime

from bridge.inbox.result import Ignored
from bridge.store import parked, received
from bridge.store.database import Transaction

_AT_ONCE = 500


def end(tx: Transaction, object_id: str, result: Ignored) -> None:
    """Give a parked reply up, and with it the replies that wait for it."""
    pending = [object_id]
    while pending:
        here = pending.pop()
        parked.remove(tx, here)
        received.settle(tx, here, verdict=result.verdict, reason=result.reason, issue_id=None)
        pending += parked.answers_to(tx, here)


def end_overdue(tx: Transaction, *, now: datetime) -> None:
    """Give up those whose parent neither could be fetched nor came."""
    for row in parked.overdue(tx, now=now, limit=_AT_ONCE):
        told = (
            f"it waited {parked.PATIENCE.days} days for {row.in_reply_to}, which could not be fetched and was not sent"
        )
        end(tx, row.object_id, Ignored(reason=told))
