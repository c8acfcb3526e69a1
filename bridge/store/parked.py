"""Replies whose parent is not here: parked until it is, or until it is known that they are none of ours."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from bridge.store.database import Transaction, WakeUp
from bridge.store.repair_tables import parked
from bridge.store.upsert import insert_new
from bridge.terms import ObjectId, Server

#: One server may have this many waiting; what comes above that is not parked.
MOST_OF_A_SERVER = 200

#: The job that looks for the parents of a parked reply; its key is the reply's object id.
CLIMB = "climb"


@dataclass(frozen=True, kw_only=True)
class ParkedRow:
    """One parked reply."""

    object_id: ObjectId
    in_reply_to: str
    attempts: int
    since: datetime


def add(tx: Transaction, blog_id: int, *, object_id: str, in_reply_to: str, server: Server, now: datetime) -> bool:
    """Park a reply and ask for its parents; False if its server has too many parked already."""
    waiting = sa.select(sa.func.count(parked.c.object_id)).where(parked.c.server == server)
    if int(tx.execute(waiting).scalar_one()) >= MOST_OF_A_SERVER:
        return False
    row = {
        "blog_id": blog_id,
        "object_id": object_id,
        "in_reply_to": in_reply_to,
        "server": server,
        "attempts": 0,
        "since": now,
    }
    if insert_new(tx, parked, [row]):
        tx.wake(WakeUp(kind=CLIMB, key=object_id))
    return True


def find(tx: Transaction, object_id: str) -> ParkedRow | None:
    """The parked reply with this id."""
    row = tx.execute(sa.select(parked).where(parked.c.object_id == object_id)).first()
    if row is None:
        return None
    return ParkedRow(
        object_id=ObjectId(row.object_id), in_reply_to=row.in_reply_to, attempts=row.attempts, since=row.since
    )


def wake_answers_to(tx: Transaction, object_id: str) -> None:
    """The parent has come: what was parked for it is looked at again."""
    for waiting in tx.execute(_ANSWERS, {"parent": object_id}).scalars():
        tx.wake(WakeUp(kind=CLIMB, key=waiting))


_ANSWERS = sa.select(parked.c.object_id).where(parked.c.in_reply_to == sa.bindparam("parent"))


def count_attempt(tx: Transaction, object_id: str) -> None:
    """Looked for the parents in vain, once more."""
    tx.execute(sa.update(parked).where(parked.c.object_id == object_id).values(attempts=parked.c.attempts + 1))


def remove(tx: Transaction, object_id: str) -> None:
    """It stands under its issue now, or never will."""
    tx.execute(sa.delete(parked).where(parked.c.object_id == object_id))
