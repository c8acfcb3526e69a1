"""Remote objects that were deleted by their authors, perhaps before we saw them: a Delete before its Create wins.

Whose they are is not known before they come, so each who says so has a row, and only the author's counts in the end.
"""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from bridge.store.database import Transaction
from bridge.store.schema import tombstones
from bridge.store.upsert import insert_new


def add(tx: Transaction, object_id: str, actor_id: str, *, now: datetime) -> None:
    """This actor deleted this object."""
    insert_new(tx, tombstones, [{"object_id": object_id, "actor_id": actor_id, "deleted_at": now}])


def deleters(tx: Transaction, object_id: str) -> list[str]:
    """Who deleted it, or said so of something that was not theirs."""
    return list(tx.execute(_WHO, {"object": object_id}).scalars())


def lift(tx: Transaction, object_id: str, actor_id: str) -> bool:
    """Whether this actor had deleted it; from now on it counts as if not."""
    mine = sa.and_(tombstones.c.object_id == object_id, tombstones.c.actor_id == actor_id)
    return tx.execute(sa.delete(tombstones).where(mine)).rowcount > 0


_WHO = sa.select(tombstones.c.actor_id).where(tombstones.c.object_id == sa.bindparam("object"))


def expire(tx: Transaction, *, before: datetime) -> None:
    """Forget those that are so old that nothing late will come any more."""
    tx.execute(sa.delete(tombstones).where(tombstones.c.deleted_at < before))


def forget_actor(tx: Transaction, actor_id: str) -> None:
    """Drop what one person deleted."""
    tx.execute(sa.delete(tombstones).where(tombstones.c.actor_id == actor_id))
