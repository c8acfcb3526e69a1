"""The outgoing half of the ledger: for each activity and inbox its state, since when, what comes next, and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal

import sqlalchemy as sa

from bridge.store.database import Transaction, WakeUp
from bridge.store.jobs import running_keys
from bridge.store.schema import activities, deliveries
from bridge.store.schema import servers as server_rows
from bridge.store.upsert import insert_new
from bridge.terms import InboxUrl, Server
from bridge.urls import host_of

#: The job that brings a server up to date; its key is the server.
DELIVER = "deliver"
#: Most waiting rows that are looked at in one go.
_MOST_ROWS = 5_000

State = Literal["waiting", "delivered", "refused", "gone", "given-up", "needless"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Due:
    """One delivery that may be sent now. `activity` is the number by which its body is found."""

    id: int
    activity: int
    server: Server
    inbox: InboxUrl
    object_id: str | None
    attempts: int
    created_at: datetime


@dataclass(frozen=True, kw_only=True)
class Look:
    """What waits for some servers. `due` in order; of one object and inbox only the oldest waiting one.

    `later` has the servers with something that may not be sent yet, and when the first of it may. `more` are those with
    more than `due`: for later, behind something older, or perhaps beyond the most rows that are read.
    """

    due: list[Due]
    later: dict[Server, datetime]
    more: set[Server]


@dataclass(frozen=True, kw_only=True)
class Standing:
    """What the ledger says of one delivery.

    One that waits because its server failed before has that server's reason and next try.
    """

    id: int
    issue_id: int | None
    object_id: str | None
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
        tx.wake(WakeUp(kind=DELIVER, key=server, priority=priority))
    return len(rows)


def look(tx: Transaction, servers: Sequence[Server], *, now: datetime) -> Look:
    """What waits for these servers: what is due in order, of one object and inbox only the oldest waiting one."""
    rows = _waiting(tx, servers)
    more: set[Server] = set()
    if len(rows) == _MOST_ROWS:
        more.update(servers)
        # One of them has very much; nobody may miss theirs for that.
        rows = [row for server in servers for row in _waiting(tx, [server])]
    found = []
    later: dict[Server, datetime] = {}
    older: set[tuple[str, str]] = set()
    for row in rows:
        place = (row.object_id, row.inbox)
        if row.object_id is not None and place in older:
            more.add(row.server)
            continue
        older.add(place)
        if row.due_at <= now:
            found.append(row)
        else:
            more.add(row.server)
            later[row.server] = min(row.due_at, later.get(row.server, row.due_at))
    found.sort(key=lambda row: (-row.priority, row.id))
    wanted = [
        Due(
            id=row.id,
            activity=row.activity,
            server=Server(row.server),
            inbox=InboxUrl(row.inbox),
            object_id=row.object_id,
            attempts=row.attempts,
            created_at=row.created_at,
        )
        for row in found
    ]
    return Look(due=wanted, later=later, more=more)


def _waiting(tx: Transaction, servers: Sequence[Server]) -> Sequence[sa.Row[Any]]:
    return tx.execute(_WAITING, {"servers": servers}).all()


#: Made once: building a statement costs more than running it.
_WAITING = (
    sa.select(
        deliveries.c.id,
        deliveries.c.activity,
        deliveries.c.server,
        deliveries.c.inbox,
        deliveries.c.object_id,
        deliveries.c.attempts,
        deliveries.c.created_at,
        deliveries.c.due_at,
        deliveries.c.priority,
    )
    .where(deliveries.c.server.in_(sa.bindparam("servers", expanding=True)), deliveries.c.state == "waiting")
    .order_by(deliveries.c.id)
    .limit(_MOST_ROWS)
)


def next_due(tx: Transaction, servers: Sequence[Server]) -> dict[Server, datetime]:
    """The earliest due time of what waits for each of these servers; servers with nothing waiting are left out."""
    query = (
        sa.select(deliveries.c.server, sa.func.min(deliveries.c.due_at).label("due_at"))
        .where(deliveries.c.server.in_(servers), deliveries.c.state == "waiting")
        .group_by(deliveries.c.server)
    )
    return {Server(row.server): row.due_at for row in tx.execute(query)}


def servers_waiting(tx: Transaction, *, now: datetime) -> list[Server]:
    """Servers with something due: what the sweep wakes."""
    query = sa.select(deliveries.c.server).where(deliveries.c.state == "waiting", deliveries.c.due_at <= now).distinct()
    return [Server(name) for name in tx.execute(query).scalars()]


def send_elsewhere(tx: Transaction, old: InboxUrl, new: InboxUrl, *, now: datetime) -> None:
    """The people behind an inbox have a new one: what the old one did not take lately goes there."""
    redirected = sa.and_(deliveries.c.state == "given-up", deliveries.c.status.between(300, 399))
    query = sa.select(deliveries).where(
        deliveries.c.inbox == old,
        sa.or_(deliveries.c.state.in_(["gone", "waiting"]), redirected),
        deliveries.c.changed_at > now - timedelta(days=4),
    )
    for row in tx.execute(query.order_by(deliveries.c.id)).all():
        add(
            tx,
            row.blog_id,
            activity=row.activity,
            issue_id=row.issue_id,
            object_id=row.object_id,
            inboxes=[(new, host_of(new))],
            priority=row.priority,
            now=now,
        )


def leave(tx: Transaction, inbox: InboxUrl, *, reason: str, now: datetime) -> None:
    """Nobody is behind this inbox any more: what waits for it stops waiting."""
    waiting = sa.and_(deliveries.c.inbox == inbox, deliveries.c.state == "waiting")
    tx.execute(sa.update(deliveries).where(waiting).values(state="gone", reason=reason[:500], changed_at=now))


def give_up(tx: Transaction, server: Server, *, created_before: datetime, reason: str, now: datetime) -> int:
    """What waits for this server for too long is given up; how many."""
    waiting = sa.and_(
        deliveries.c.server == server, deliveries.c.state == "waiting", deliveries.c.created_at <= created_before
    )
    values = {"state": "given-up", "reason": reason[:500], "changed_at": now}
    return tx.execute(sa.update(deliveries).where(waiting).values(**values)).rowcount


def drop_waiting(tx: Transaction, object_id: str, *, now: datetime, reason: str) -> list[InboxUrl]:
    """A Delete comes: what still waits of the object is needless. Returns inboxes that surely never got any of it.

    A server whose job is running may be getting it at this moment, so it is not among them.
    """
    waiting = sa.and_(deliveries.c.object_id == object_id, deliveries.c.state == "waiting")
    untouched = tx.execute(
        sa.select(deliveries.c.inbox, deliveries.c.server)
        .where(deliveries.c.object_id == object_id)
        .group_by(deliveries.c.inbox, deliveries.c.server)
        .having(sa.func.sum(sa.case((deliveries.c.attempts > 0, 1), else_=0)) == 0)
    ).all()
    busy = running_keys(tx, DELIVER) if untouched else frozenset()
    tx.execute(sa.update(deliveries).where(waiting).values(state="needless", reason=reason, changed_at=now))
    return [InboxUrl(row.inbox) for row in untouched if row.server not in busy]


def inboxes_of(tx: Transaction, object_id: str) -> list[tuple[InboxUrl, Server]]:
    """Every inbox that was ever sent this object, so that an Update or Delete reaches it too."""
    query = sa.select(deliveries.c.inbox, deliveries.c.server).where(deliveries.c.object_id == object_id).distinct()
    return [(InboxUrl(row.inbox), Server(row.server)) for row in tx.execute(query)]


def retry(tx: Transaction, server: Server | None, *, now: datetime) -> int:
    """Make what waits or was given up due now; of a server that is named also what it refused. Returns how many."""
    states = ["waiting", "given-up"] + (["refused", "gone"] if server is not None else [])
    query = sa.update(deliveries).where(deliveries.c.state.in_(states))
    if server is not None:
        query = query.where(deliveries.c.server == server)
    # It begins again: by its age alone it would be given up at the next failure.
    changed = tx.execute(
        query.values(state="waiting", due_at=now, changed_at=now, created_at=now).returning(deliveries.c.server)
    )
    names = [Server(name) for name in changed.scalars()]
    wake(tx, names)
    return len(names)


def wake(tx: Transaction, servers: Sequence[Server]) -> None:
    """Ask for each of these servers to be brought up to date."""
    for name in dict.fromkeys(servers):
        tx.wake(WakeUp(kind=DELIVER, key=name))


def hurry(tx: Transaction, server: Server, *, now: datetime) -> int:
    """The server shows that it lives: what waits for it is due now."""
    late = sa.and_(deliveries.c.server == server, deliveries.c.state == "waiting", deliveries.c.due_at > now)
    found = tx.execute(sa.update(deliveries).where(late).values(due_at=now)).rowcount
    if found:
        wake(tx, [server])
    return found


def standings(
    tx: Transaction,
    blog_id: int,
    *,
    issue_id: int | None = None,
    states: Sequence[State] = (),
    limit: int = 10_000,
) -> list[Standing]:
    """The ledger's rows, newest first, narrowed as asked."""
    query = (
        sa.select(deliveries, activities.c.type, server_rows.c.not_before, server_rows.c.reason.label("server_reason"))
        .join(activities, activities.c.number == deliveries.c.activity)
        .join(server_rows, server_rows.c.server == deliveries.c.server, isouter=True)
        .where(deliveries.c.blog_id == blog_id)
        .order_by(deliveries.c.id.desc())
        .limit(limit)
    )
    if issue_id is not None:
        query = query.where(deliveries.c.issue_id == issue_id)
    if states:
        query = query.where(deliveries.c.state.in_(states))
    return [_standing(row) for row in tx.execute(query)]


def _standing(row: sa.Row[Any]) -> Standing:
    standing = Standing(**{name: getattr(row, name) for name in Standing.__dataclass_fields__})
    if standing.state != "waiting" or row.not_before is None or row.not_before <= standing.due_at:
        return standing
    return replace(standing, due_at=row.not_before, reason=standing.reason or row.server_reason)


def counts(tx: Transaction) -> dict[str, int]:
    """How many deliveries are in each state."""
    query = sa.select(deliveries.c.state, sa.func.count(deliveries.c.id).label("number")).group_by(deliveries.c.state)
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
