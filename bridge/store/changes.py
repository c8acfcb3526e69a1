"""Which cached bytes other processes must drop: topics in the order in which they changed.

Topics: `issue:ID` for what stands on one issue's page, `blog` for lists, feeds and the actor, `followers` for how many
there are. On SQLite they are rows, which whoever keeps something reads; PostgreSQL calls them out with the commit.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

import sqlalchemy as sa

from bridge.clock import utc_now
from bridge.store.database import Transaction
from bridge.store.prepared import Prepared
from bridge.store.schema import changes

BLOG = "blog"
FOLLOWERS = "followers"
#: For whoever did not hear of every change: any topic may be among them.
ANYTHING = "*"


def issue(issue_id: int) -> str:
    """The topic of one issue: its text and its conversation."""
    return f"issue:{issue_id}"


def record(tx: Transaction, topics: Collection[str]) -> None:
    """Tell other processes what this transaction changes; SQLite's writer calls it just before it commits."""
    now = utc_now() if topics else None
    for topic in sorted(topics):
        _INSERT.run(tx, {"topic": topic, "at": now})


_INSERT = Prepared(sa.insert(changes), "topic", "at")


def newest(tx: Transaction) -> int:
    """The number of the newest change."""
    return int(tx.execute(sa.select(sa.func.max(changes.c.number))).scalar() or 0)


def after(tx: Transaction, number: int) -> tuple[int, frozenset[str]]:
    """What changed after `number`, and the number to ask from next time."""
    rows = _AFTER.all(tx, {"last": number})
    return max((row.number for row in rows), default=number), frozenset(row.topic for row in rows)


_AFTER = Prepared(sa.select(changes.c.number, changes.c.topic).where(changes.c.number > sa.bindparam("last")))


def forget(tx: Transaction, *, before: datetime) -> None:
    """Drop what every process has long read."""
    tx.execute(sa.delete(changes).where(changes.c.at < before))
