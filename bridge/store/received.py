"""The record of what came in: sender, verdict, reason, and what the sender was told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from bridge.store.database import Transaction
from bridge.store.schema import received
from bridge.store.upsert import insert_new
from bridge.terms import Server


@dataclass(frozen=True, kw_only=True)
class Received:
    """One thing that came in."""

    blog_id: int | None
    seen_key: str | None
    activity_id: str | None
    type: str
    actor_id: str | None
    server: Server
    object_id: str | None
    verdict: str
    reason: str
    status: int
    received_at: datetime
    issue_id: int | None = None
    url: str | None = None
    way: str = "inbox"
    repeats: int = 0


_COLUMNS = tuple(Received.__dataclass_fields__)


def add(tx: Transaction, row: Received) -> bool:
    """Keep the row; False if an activity with its key was seen before."""
    return insert_new(tx, received, [{name: getattr(row, name) for name in _COLUMNS}]) > 0


def count_repeat(tx: Transaction, seen_key: str) -> None:
    """The activity came once more."""
    tx.execute(sa.update(received).where(received.c.seen_key == seen_key).values(repeats=received.c.repeats + 1))


def was_seen(tx: Transaction, seen_key: str) -> bool:
    """Whether the activity came before."""
    return tx.execute(sa.select(received.c.id).where(received.c.seen_key == seen_key)).first() is not None


def moved_since(tx: Transaction, actor_id: str, *, since: datetime) -> bool:
    """Whether a move of this actor was believed lately."""
    query = sa.select(received.c.id).where(
        received.c.actor_id == actor_id,
        received.c.type == "Move",
        received.c.verdict == "done",
        received.c.received_at >= since,
    )
    return tx.execute(query.limit(1)).first() is not None


def about(tx: Transaction, url: str) -> list[Received]:
    """Everything recorded of one address: an activity's, an object's, or an actor's; newest first."""
    query = (
        sa.select(received)
        .where(
            sa.or_(
                received.c.activity_id == url,
                received.c.object_id == url,
                received.c.url == url,
                received.c.actor_id == url,
            )
        )
        .order_by(received.c.id.desc())
        .limit(200)
    )
    return [_from_row(row) for row in tx.execute(query)]


def of_issue(tx: Transaction, issue_id: int) -> list[Received]:
    """Everything that came in about one issue, newest first."""
    query = sa.select(received).where(received.c.issue_id == issue_id).order_by(received.c.id.desc()).limit(5_000)
    return [_from_row(row) for row in tx.execute(query)]


def _from_row(row: sa.Row[Any]) -> Received:
    return Received(**{name: getattr(row, name) for name in _COLUMNS})
