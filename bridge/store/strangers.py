"""Refused requests of servers of which we know nothing: so few that no flood of them fills anything, and apart from the
record, so that they push nothing out of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from bridge.store.database import Transaction
from bridge.store.received import Received
from bridge.store.schema import refused_strangers
from bridge.terms import Server

#: Rows in all, and of one server; the oldest go first.
MOST = 200
MOST_OF_ONE = 5

_COLUMNS = (
    "blog_id", "activity_id", "type", "actor_id", "server", "object_id", "verdict", "reason", "status", "repeats",
    "received_at",
)  # fmt: skip


def add(tx: Transaction, rows: Sequence[Received]) -> None:
    """Keep the requests, and no more than there is room for."""
    tx.execute(sa.insert(refused_strangers), [{name: getattr(row, name) for name in _COLUMNS} for row in rows])
    number = sa.func.row_number().over(
        partition_by=refused_strangers.c.server, order_by=refused_strangers.c.id.desc()
    ).label("number")  # fmt: skip
    ranked = sa.select(refused_strangers.c.id, number).subquery()
    surplus = sa.select(ranked.c.id).where(ranked.c.number > MOST_OF_ONE)
    tx.execute(sa.delete(refused_strangers).where(refused_strangers.c.id.in_(surplus)))
    newest = sa.select(refused_strangers.c.id).order_by(refused_strangers.c.id.desc()).limit(MOST)
    tx.execute(sa.delete(refused_strangers).where(refused_strangers.c.id.not_in(newest)))


def about(tx: Transaction, url: str) -> list[Received]:
    """What was refused that names this address; newest first."""
    named = (refused_strangers.c.activity_id, refused_strangers.c.object_id, refused_strangers.c.actor_id)
    return _found(tx, sa.or_(*(column == url for column in named)))


def of_server(tx: Transaction, server: Server) -> list[Received]:
    """What was refused of one server, newest first."""
    return _found(tx, refused_strangers.c.server == server)


def _found(tx: Transaction, condition: sa.ColumnElement[bool]) -> list[Received]:
    query = sa.select(refused_strangers).where(condition).order_by(refused_strangers.c.id.desc())
    return [_from_row(row) for row in tx.execute(query)]


def _from_row(row: sa.Row[Any]) -> Received:
    return Received(seen_key=None, **{name: getattr(row, name) for name in _COLUMNS})


def expire(tx: Transaction, *, before: datetime) -> None:
    """Forget what is old."""
    tx.execute(sa.delete(refused_strangers).where(refused_strangers.c.received_at < before))


def forget_actor(tx: Transaction, actor_id: str) -> int:
    """Drop what was refused of one person; how many rows that were."""
    return tx.execute(sa.delete(refused_strangers).where(refused_strangers.c.actor_id == actor_id)).rowcount
