"""Replies whose parent is not here: parked until it is, or until it is known that they are not ours."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from bridge.store.database import Transaction, WakeUp
from bridge.store.repair_tables import parked
from bridge.store.upsert import insert_new
from bridge.terms import ObjectId, Server

#: One server may have this many looked for, and as many waiting for what cannot be fetched; more is not parked.
MOST_OF_A_SERVER = 200
#: How long a reply waits for a parent that cannot be fetched, and may still be sent.
PATIENCE = timedelta(days=7)
#: Somebody who sends a waiting reply again has its parents looked for again, after this time.
_NOT_AGAIN = timedelta(minutes=10)

#: The job that looks for the parents of a parked reply; its key is the reply's object id.
CLIMB = "climb"


@dataclass(frozen=True, kw_only=True)
class ParkedRow:
    """One parked reply; see `repair_tables.parked`."""

    object_id: ObjectId
    in_reply_to: str
    server: Server
    attempts: int
    since: datetime
    waits_until: datetime | None
    height: int


def add(
    tx: Transaction, blog_id: int, *, object_id: str, in_reply_to: str, server: Server, now: datetime, height: int = 0
) -> bool:
    """Park a reply and ask for its parents; False if its server has too many parked already."""
    looked_for = sa.select(sa.func.count(parked.c.object_id)).where(
        parked.c.server == server, parked.c.waits_until.is_(None)
    )
    if int(tx.execute(looked_for).scalar_one()) >= MOST_OF_A_SERVER:
        return False
    row = {
        "blog_id": blog_id,
        "object_id": object_id,
        "in_reply_to": in_reply_to,
        "server": server,
        "attempts": 0,
        "since": now,
        "height": height,
    }
    is_new = insert_new(tx, parked, [row]) > 0
    if is_new or _is_worth_another_look(find(tx, object_id), now):
        tx.execute(sa.update(parked).where(parked.c.object_id == object_id).values(waits_until=None, attempts=0))
        tx.wake(WakeUp(kind=CLIMB, key=object_id))
    return True


def _is_worth_another_look(row: ParkedRow | None, now: datetime) -> bool:
    return row is not None and row.waits_until is not None and now >= row.waits_until - PATIENCE + _NOT_AGAIN


def find(tx: Transaction, object_id: str) -> ParkedRow | None:
    """The parked reply with this id."""
    row = tx.execute(sa.select(parked).where(parked.c.object_id == object_id)).first()
    return None if row is None else _from_row(row)


def is_waiting(tx: Transaction, object_id: str) -> bool:
    """Whether what it answers is no longer looked for, and waited for."""
    row = find(tx, object_id)
    return row is not None and row.waits_until is not None


def _from_row(row: sa.Row[Any]) -> ParkedRow:
    return ParkedRow(**{name: getattr(row, name) for name in ParkedRow.__dataclass_fields__})


def wake_answers_to(tx: Transaction, object_id: str) -> None:
    """The parent has come: what was parked for it is looked at again."""
    for waiting in answers_to(tx, object_id):
        tx.wake(WakeUp(kind=CLIMB, key=waiting))


def answers_to(tx: Transaction, object_id: str) -> list[str]:
    """The replies that are parked for want of this post."""
    return list(tx.execute(_ANSWERS, {"parent": object_id}).scalars())


_ANSWERS = sa.select(parked.c.object_id).where(parked.c.in_reply_to == sa.bindparam("parent"))


def wait(tx: Transaction, row: ParkedRow, *, missing: str, now: datetime) -> list[str]:
    """Stop looking for the missing post, but keep the reply until it comes; the replies that must make room for it."""
    values = {"in_reply_to": missing, "waits_until": now + PATIENCE}
    tx.execute(sa.update(parked).where(parked.c.object_id == row.object_id).values(**values))
    of_server = sa.select(parked.c.object_id).where(
        parked.c.server == row.server, parked.c.waits_until.is_not(None), parked.c.object_id != row.object_id
    )
    newest = of_server.order_by(parked.c.waits_until.desc()).offset(MOST_OF_A_SERVER - 1)
    return list(tx.execute(newest).scalars())


def overdue(tx: Transaction, *, now: datetime, limit: int) -> list[ParkedRow]:
    """Those that have waited long enough."""
    query = sa.select(parked).where(parked.c.waits_until <= now).order_by(parked.c.waits_until).limit(limit)
    return [_from_row(row) for row in tx.execute(query)]


def count_attempt(tx: Transaction, object_id: str) -> None:
    """Note one more vain search for the parents."""
    tx.execute(sa.update(parked).where(parked.c.object_id == object_id).values(attempts=parked.c.attempts + 1))


def remove(tx: Transaction, object_id: str) -> None:
    """It is under its issue now, or never will be."""
    tx.execute(sa.delete(parked).where(parked.c.object_id == object_id))
