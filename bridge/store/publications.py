"""What publishing a commit did, in the words that its pusher reads."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from bridge.store.database import Transaction
from bridge.store.schema import publications
from bridge.store.upsert import put


def add(tx: Transaction, blog_id: int, commit: str, lines: Sequence[str], *, now: datetime) -> None:
    """Keep the lines; a commit that is published again (a later date came) adds its new ones."""
    told = [*find(tx, blog_id, commit), *lines]
    put(tx, publications, {"blog_id": blog_id, "commit_id": commit}, {"lines": told, "at": now})


def find(tx: Transaction, blog_id: int, commit: str) -> list[str]:
    """The lines, none when nothing was published with it."""
    query = sa.select(publications.c.lines).where(publications.c.blog_id == blog_id, publications.c.commit_id == commit)
    return list(tx.execute(query).scalar() or ())
