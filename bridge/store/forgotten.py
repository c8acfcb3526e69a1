"""People whom the author made us forget: nothing of them is kept but this, so that nothing comes back."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from bridge.store.database import Transaction
from bridge.store.schema import forgotten
from bridge.store.upsert import insert_new


def add(tx: Transaction, blog_id: int, actor_id: str, *, now: datetime) -> None:
    """Remember to forget this person."""
    insert_new(tx, forgotten, [{"blog_id": blog_id, "actor_id": actor_id, "since": now}])


def since(tx: Transaction, blog_id: int, actor_id: str) -> datetime | None:
    """Since when; None for anybody else."""
    return tx.execute(_SINCE, {"blog": blog_id, "actor": actor_id}).scalar()


_SINCE = sa.select(forgotten.c.since).where(
    forgotten.c.blog_id == sa.bindparam("blog"), forgotten.c.actor_id == sa.bindparam("actor")
)


def by_anybody(tx: Transaction, actor_id: str) -> bool:
    """Whether the author of any blog had this person forgotten: actors are kept for all blogs together."""
    return tx.execute(_ANY, {"actor": actor_id}).first() is not None


_ANY = sa.select(forgotten.c.since).where(forgotten.c.actor_id == sa.bindparam("actor")).limit(1)
