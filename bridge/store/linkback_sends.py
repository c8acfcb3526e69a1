"""The links of our issues to other sites: who was told, by which way, and what they made of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

import sqlalchemy as sa

from bridge.store.database import Transaction, WakeUp
from bridge.store.linkback_tables import linkback_sends
from bridge.terms import Server

State = Literal["waiting", "accepted", "shown", "none", "failed"]

#: The job that is woken when an issue is published, changed or taken back; its key is the issue's number.
ISSUE = "linkbacks"
#: The job that tells; its key is always empty, so that one runs at a time.
SEND = "linkback-send"


@dataclass(frozen=True, kw_only=True)
class SendRow:
    """One link of one issue; see `schema.linkback_sends`."""

    id: int
    blog_id: int
    issue_id: int
    target: str
    server: Server
    is_linked: bool
    digest: str
    state: State
    way: Literal["webmention", "pingback", ""]
    endpoint: str
    reason: str
    was_told: bool
    attempts: int
    looks: int
    day_began_at: datetime
    told_that_day: int
    due_at: datetime | None
    changed_at: datetime


_COLUMNS = tuple(SendRow.__dataclass_fields__)


def _from_row(row: sa.Row[Any]) -> SendRow:
    return SendRow(**{name: getattr(row, name) for name in _COLUMNS})


def wake(tx: Transaction, issue_id: int) -> None:
    """Have the links of this issue looked at: it was published, changed or taken back in this transaction."""
    tx.wake(WakeUp(kind=ISSUE, key=str(issue_id), priority=-1))


def of_issue(tx: Transaction, issue_id: int) -> list[SendRow]:
    """Every link the issue has or had."""
    query = sa.select(linkback_sends).where(linkback_sends.c.issue_id == issue_id).order_by(linkback_sends.c.id)
    return [_from_row(row) for row in tx.execute(query)]


def add(tx: Transaction, rows: Sequence[Mapping[str, Any]]) -> None:
    """Links that are new in the issue."""
    if rows:
        tx.execute(sa.insert(linkback_sends), list(rows))


def change(tx: Transaction, send_id: int, values: Mapping[str, Any]) -> None:
    """Change columns of a row."""
    tx.execute(sa.update(linkback_sends).where(linkback_sends.c.id == send_id).values(**values))


def remove(tx: Transaction, send_id: int) -> None:
    """The link is gone, and whoever had to know it knows."""
    tx.execute(sa.delete(linkback_sends).where(linkback_sends.c.id == send_id))


def wake_sender(tx: Transaction, *, at: datetime, now: datetime) -> None:
    """Have what is due at that time sent then."""
    tx.wake(WakeUp(kind=SEND, key="", due_in=max((at - now).total_seconds(), 0) + 0.01, priority=-1))


def claim(
    tx: Transaction, *, now: datetime, lease: timedelta, limit: int, busy: Collection[Server]
) -> Sequence[SendRow]:
    """Up to `limit` links that are due, one of each server and none of a busy one; ours until the lease ends."""
    tx.lock(SEND)
    first = (
        sa.select(sa.func.min(linkback_sends.c.id))
        .where(linkback_sends.c.due_at <= now, linkback_sends.c.server.not_in(busy))
        .group_by(linkback_sends.c.server)
        .order_by(sa.func.min(linkback_sends.c.due_at))
        .limit(limit)
    )
    rows = [_from_row(row) for row in tx.execute(sa.select(linkback_sends).where(linkback_sends.c.id.in_(first)))]
    for row in rows:
        change(tx, row.id, {"due_at": now + lease})
    if rows:
        wake_sender(tx, at=now + lease, now=now)
    return rows
