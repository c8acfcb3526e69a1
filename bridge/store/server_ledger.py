"""The ledger by server: for each one line that says how things stand with it; for `rundbrief deliveries`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from bridge.store.database import Transaction
from bridge.store.schema import deliveries, servers
from bridge.terms import Server


@dataclass(frozen=True, kw_only=True)
class ServerLine:
    """How things stand with one server.

    `state` is waiting, suspended (waiting, and tried once a day), or what became of the newest delivery. `next` is
    the next try; `since` is how long something waits, or when the newest was settled.
    """

    server: Server
    state: str
    since: datetime
    next: datetime | None
    reason: str
    is_failing: bool


def lines(tx: Transaction, blog_id: int, *, failing: bool = False) -> list[ServerLine]:
    """Every server that was ever sent something, those with something waiting first; or only the failing ones."""
    waiting = {line.server: line for line in _waiting(tx, blog_id)}
    settled = [line for line in _settled(tx, blog_id) if line.server not in waiting]
    found = [*sorted(waiting.values(), key=lambda line: line.server), *settled]
    return [line for line in found if line.is_failing or not failing]


def _waiting(tx: Transaction, blog_id: int) -> list[ServerLine]:
    query = (
        sa.select(
            deliveries.c.server,
            sa.func.min(deliveries.c.created_at).label("since"),
            sa.func.min(deliveries.c.due_at).label("next"),
            sa.func.max(deliveries.c.attempts).label("attempts"),
            sa.func.max(deliveries.c.reason).label("reason"),
            servers.c.suspended_at,
            servers.c.not_before,
            servers.c.reason.label("server_reason"),
        )
        .join(servers, servers.c.server == deliveries.c.server, isouter=True)
        .where(deliveries.c.blog_id == blog_id, deliveries.c.state == "waiting")
        .group_by(deliveries.c.server, servers.c.suspended_at, servers.c.not_before, servers.c.reason)
    )
    return [
        ServerLine(
            server=Server(row.server),
            state="suspended" if row.suspended_at is not None else "waiting",
            since=row.since,
            next=row.next if row.not_before is None else max(row.next, row.not_before),
            reason=row.server_reason or row.reason,
            is_failing=row.attempts > 0 or bool(row.server_reason),
        )
        for row in tx.execute(query)
    ]


def _settled(tx: Transaction, blog_id: int) -> list[ServerLine]:
    newest = (
        sa.select(sa.func.max(deliveries.c.id)).where(deliveries.c.blog_id == blog_id).group_by(deliveries.c.server)
    )
    query = sa.select(deliveries).where(deliveries.c.id.in_(newest)).order_by(deliveries.c.server)
    return [
        ServerLine(
            server=Server(row.server),
            state=row.state,
            since=row.changed_at,
            next=None,
            reason=row.reason,
            is_failing=row.state in ("refused", "gone", "given-up"),
        )
        for row in tx.execute(query)
    ]
