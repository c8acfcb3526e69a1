"""What became of attempts to deliver -> the ledger; `delivery.ledger` tells it, many at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from bridge.store import deliveries
from bridge.store.database import Transaction
from bridge.store.deliveries import State
from bridge.store.schema import activities
from bridge.store.schema import deliveries as table
from bridge.terms import InboxUrl, Server


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """What became of one attempt; `due_at` when it is to be tried again."""

    id: int
    state: State
    status: int | None
    reason: str
    due_at: datetime


def record(tx: Transaction, outcomes: Sequence[Outcome], *, now: datetime) -> set[Server]:
    """What became of attempts: what was delivered in one statement for each status, of the rest each by itself.

    A Delete may have made a Create needless while it was under way: if it arrived all the same, the Delete follows.
    Returns the servers with such a Delete.
    """
    behind: set[Server] = set()
    apart = [one for one in outcomes if one.state != "delivered" or one.reason]
    delivered: dict[int | None, list[Outcome]] = {}
    for one in outcomes:
        if one.state == "delivered" and not one.reason:
            delivered.setdefault(one.status, []).append(one)
    for status, some in delivered.items():
        ids = [one.id for one in some]
        if tx.execute(_RECORD_DELIVERED, {"ids": ids, "b_status": status, "b_now": now}).rowcount != len(ids):
            missed = {row.id: row for row in _not_waiting(tx, ids)}
            apart += [one for one in some if one.id in missed]
            for row in missed.values():
                if row.state == "needless":
                    _send_delete_after(tx, row, now=now)
                    behind.add(Server(row.server))
    if apart:
        _record_apart(tx, apart, now=now)
    return behind


def _record_apart(tx: Transaction, outcomes: Sequence[Outcome], *, now: datetime) -> None:
    tx.execute(
        _RECORD,
        [
            {
                "b_id": one.id,
                "b_state": one.state,
                "b_status": one.status,
                "b_reason": one.reason[:500],
                "b_due_at": one.due_at,
                "b_now": now,
            }
            for one in outcomes
        ],
    )


_RECORD_DELIVERED = (
    sa.update(table)
    .where(table.c.id.in_(sa.bindparam("ids", expanding=True)), table.c.state == "waiting")
    .values(
        state="delivered",
        status=sa.bindparam("b_status"),
        reason="",
        changed_at=sa.bindparam("b_now"),
        attempts=table.c.attempts + 1,
    )
)

#: What a Delete made needless stays so, unless it arrived.
_RECORD = (
    sa.update(table)
    .where(
        table.c.id == sa.bindparam("b_id"),
        sa.or_(table.c.state == "waiting", sa.bindparam("b_state", type_=sa.Text) == "delivered"),
    )
    .values(
        state=sa.bindparam("b_state", type_=sa.Text),
        status=sa.bindparam("b_status"),
        reason=sa.bindparam("b_reason"),
        due_at=sa.bindparam("b_due_at"),
        changed_at=sa.bindparam("b_now"),
        attempts=table.c.attempts + 1,
    )
)


def _not_waiting(tx: Transaction, ids: Sequence[int]) -> Sequence[sa.Row[Any]]:
    """Those of them that somebody settled while they were under way."""
    return tx.execute(sa.select(table).where(table.c.id.in_(ids), table.c.state != "delivered")).all()


def _send_delete_after(tx: Transaction, row: sa.Row[Any], *, now: datetime) -> None:
    query = (
        sa.select(activities.c.number)
        .where(activities.c.object_id == row.object_id, activities.c.type == "Delete")
        .order_by(activities.c.number.desc())
    )
    number = tx.execute(query).scalar()
    if number is not None:
        deliveries.add(
            tx,
            row.blog_id,
            activity=number,
            issue_id=row.issue_id,
            object_id=row.object_id,
            inboxes=[(InboxUrl(row.inbox), Server(row.server))],
            priority=row.priority,
            now=now,
        )


def put_off(tx: Transaction, ids: Sequence[int], *, until: datetime, reason: str, now: datetime) -> None:
    """Sent, and no answer yet: after a crash these are not sent again before then."""
    waiting = sa.and_(table.c.id.in_(ids), table.c.state == "waiting")
    tx.execute(sa.update(table).where(waiting).values(due_at=until, reason=reason, changed_at=now))
