"""The outgoing half of the ledger: for each activity and inbox its state, since when, what comes next, and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa

from bridge.store.database import Transaction, WakeUp
from bridge.store.schema import activities, deliveries
from bridge.store.upsert import insert_new
from bridge.terms import InboxUrl, Server

State = Literal["waiting", "delivered", "refused", "gone", "given-up", "needless"]


@dataclass(frozen=True, kw_only=True)
class Due:
    """One delivery that may be sent now."""

    id: int
    activity: int
    inbox: InboxUrl
    object_id: str | None
    attempts: int
    created_at: datetime
    body: bytes


@dataclass(frozen=True, kw_only=True)
class Standing:
    """What the ledger says of one delivery."""

    id: int
    issue_id: int | None
    type: str
    server: Server
    inbox: InboxUrl
    state: State
    attempts: int
    created_at: datetime
    due_at: datetime
    changed_at: datetime
    status: int | None
    reason: str


def add(
    tx: Transaction,
    blog_id: int,
    *,
    activity: int,
    issue_id: int | None,
    object_id: str | None,
    inboxes: Sequence[tuple[InboxUrl, Server]],
    priority: int,
    now: datetime,
) -> int:
    """One delivery for each inbox, and one wake-up for each server; returns how many are new."""
    rows = [
        {
            "blog_id": blog_id,
            "activity": activity,
            "issue_id": issue_id,
            "object_id": object_id,
            "server": server,
            "inbox": inbox,
            "state": "waiting",
            "priority": priority,
            "attempts": 0,
            "created_at": now,
            "due_at": now,
            "changed_at": now,
            "reason": "",
        }
        for inbox, server in inboxes
    ]
    insert_new(tx, deliveries, rows)
    for server in dict.fromkeys(server for _, server in inboxes):
        tx.wake(WakeUp(kind="deliver", key=server, priority=priority))
    return len(rows)


def due(tx: Transaction, server: Server, *, now: datetime, limit: int) -> list[Due]:
    """What this server should get now, in order; of one object and inbox only the oldest waiting one."""
    older = deliveries.alias("older")
    blocked = (
        sa.select(older.c.id)
        .where(
            older.c.server == server,
            older.c.state == "waiting",
            older.c.object_id == deliveries.c.object_id,
            older.c.inbox == deliveries.c.inbox,
            older.c.id < deliveries.c.id,
        )
        .exists()
    )
    query = (
        sa.select(deliveries, activities.c.body)
        .join(activities, activities.c.number == deliveries.c.activity)
        .where(
            deliveries.c.server == server,
            deliveries.c.state == "waiting",
            deliveries.c.due_at <= now,
            ~blocked,
        )
        .order_by(deliveries.c.priority.desc(), deliveries.c.id)
        .limit(limit)
    )
    return [
        Due(
            id=row.id,
            activity=row.activity,
            inbox=InboxUrl(row.inbox),
            object_id=row.object_id,
            attempts=row.attempts,
            created_at=row.created_at,
            body=bytes(row.body),
        )
        for row in tx.execute(query)
    ]


def next_due(tx: Transaction, server: Server) -> datetime | None:
    """When this server's next waiting delivery is due."""
    query = sa.select(sa.func.min(deliveries.c.due_at)).where(
        deliveries.c.server == server, deliveries.c.state == "waiting"
    )
    return tx.execute(query).scalar()


def servers_waiting(tx: Transaction, *, now: datetime) -> list[Server]:
    """Servers with something due: what the minute's sweep wakes."""
    query = sa.select(deliveries.c.server).where(deliveries.c.state == "waiting", deliveries.c.due_at <= now).distinct()
    return [Server(name) for name in tx.execute(query).scalars()]


def record(
    tx: Transaction,
    delivery_id: int,
    *,
    state: State,
    status: int | None,
    reason: str,
    now: datetime,
    due_at: datetime | None = None,
) -> None:
    """What became of one attempt; `due_at` when it is to be tried again."""
    values: dict[str, Any] = {
        "state": state,
        "status": status,
        "reason": reason[:500],
        "changed_at": now,
        "attempts": deliveries.c.attempts + 1,
    }
    if due_at is not None:
        values["due_at"] = due_at
    tx.execute(sa.update(deliveries).where(deliveries.c.id == delivery_id).values(**values))


def drop_waiting(tx: Transaction, object_id: str, *, now: datetime, reason: str) -> list[InboxUrl]:
    """A Delete comes: what still waits of the object is needless. Returns inboxes that never got any of it."""
    waiting = sa.and_(deliveries.c.object_id == object_id, deliveries.c.state == "waiting")
    untouched = tx.execute(
        sa.select(deliveries.c.inbox)
        .where(deliveries.c.object_id == object_id)
        .group_by(deliveries.c.inbox)
        .having(sa.func.sum(sa.case((deliveries.c.attempts > 0, 1), else_=0)) == 0)
    ).scalars()
    inboxes = [InboxUrl(inbox) for inbox in untouched]
    tx.execute(sa.update(deliveries).where(waiting).values(state="needless", reason=reason, changed_at=now))
    return inboxes


def inboxes_of(tx: Transaction, object_id: str) -> list[tuple[InboxUrl, Server]]:
    """Every inbox that was ever sent this object, so that an Update or Delete reaches it too."""
    query = sa.select(deliveries.c.inbox, deliveries.c.server).where(deliveries.c.object_id == object_id).distinct()
    return [(InboxUrl(row.inbox), Server(row.server)) for row in tx.execute(query)]


def retry(tx: Transaction, server: Server | None, *, now: datetime) -> int:
    """Make what waits or was given up due now; for one server or for all. Returns how many."""
    query = sa.update(deliveries).where(deliveries.c.state.in_(["waiting", "given-up"]))
    if server is not None:
        query = query.where(deliveries.c.server == server)
    changed = tx.execute(query.values(state="waiting", due_at=now, changed_at=now).returning(deliveries.c.server))
    servers = [Server(name) for name in changed.scalars()]
    for name in dict.fromkeys(servers):
        tx.wake(WakeUp(kind="deliver", key=name))
    return len(servers)


def standings(
    tx: Transaction,
    blog_id: int,
    *,
    issue_id: int | None = None,
    server: Server | None = None,
    states: Sequence[State] = (),
    limit: int = 10_000,
) -> list[Standing]:
    """The ledger's rows, newest first, narrowed as asked."""
    query = (
        sa.select(deliveries, activities.c.type)
        .join(activities, activities.c.number == deliveries.c.activity)
        .where(deliveries.c.blog_id == blog_id)
        .order_by(deliveries.c.id.desc())
        .limit(limit)
    )
    if issue_id is not None:
        query = query.where(deliveries.c.issue_id == issue_id)
    if server is not None:
        query = query.where(deliveries.c.server == server)
    if states:
        query = query.where(deliveries.c.state.in_(states))
    names = Standing.__dataclass_fields__
    return [Standing(**{name: getattr(row, name) for name in names}) for row in tx.execute(query)]


def counts(tx: Transaction, *, activity: int | None = None) -> dict[str, int]:
    """How many deliveries are in each state, of one activity or of all."""
    query = sa.select(deliveries.c.state, sa.func.count(deliveries.c.id).label("number")).group_by(deliveries.c.state)
    if activity is not None:
        query = query.where(deliveries.c.activity == activity)
    return {str(row.state): int(row.number) for row in tx.execute(query)}


def supersede(tx: Transaction, object_id: str, inboxes: Sequence[InboxUrl], *, now: datetime, reason: str) -> None:
    """What waits of this object for these inboxes is needless: a newer activity says all of it."""
    waiting = sa.and_(
        deliveries.c.object_id == object_id, deliveries.c.inbox.in_(inboxes), deliveries.c.state == "waiting"
    )
    tx.execute(sa.update(deliveries).where(waiting).values(state="needless", reason=reason, changed_at=now))


def progress(tx: Transaction, blog_id: int, *, since: datetime) -> tuple[int, int]:
    """Of the deliveries of issues that were made since then: how many were tried, and how many there are."""
    tried = sa.func.sum(sa.case((deliveries.c.attempts > 0, 1), else_=0)).label("tried")
    row = tx.execute(
        sa.select(tried, sa.func.count().label("made")).where(
            deliveries.c.blog_id == blog_id, deliveries.c.issue_id.is_not(None), deliveries.c.created_at >= since
        )
    ).one()
    return int(row.tried or 0), int(row.made)
