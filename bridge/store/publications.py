"""What publishing a commit did, in the words that its pusher reads; and what its pusher allowed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from bridge.store.database import Transaction
from bridge.store.schema import consents, publications
from bridge.store.upsert import insert_new, put


def add(tx: Transaction, blog_id: int, commit: str, lines: Sequence[str], *, now: datetime) -> None:
    """Keep the lines; a commit that is published again (a later date came) adds its new ones."""
    told = [*find(tx, blog_id, commit), *lines]
    put(tx, publications, {"blog_id": blog_id, "commit_id": commit}, {"lines": told, "at": now})


def find(tx: Transaction, blog_id: int, commit: str) -> list[str]:
    """The lines, none when nothing was published with it."""
    query = sa.select(publications.c.lines).where(publications.c.blog_id == blog_id, publications.c.commit_id == commit)
    return list(tx.execute(query).scalar() or ())


def published_at(tx: Transaction, blog_id: int, commit: str) -> datetime | None:
    """When something was last published with the commit."""
    query = sa.select(publications.c.at).where(publications.c.blog_id == blog_id, publications.c.commit_id == commit)
    return tx.execute(query).scalar()


def allow_deletions(tx: Transaction, blog_id: int, commit: str, *, now: datetime) -> None:
    """The commit may take several issues back: said before git accepts the push, so that it outlives the hook."""
    insert_new(tx, consents, [{"blog_id": blog_id, "commit_id": commit, "at": now}])


def may_delete(tx: Transaction, blog_id: int, commit: str) -> bool:
    """Whether the commit's pusher said so."""
    query = sa.select(consents.c.at).where(consents.c.blog_id == blog_id, consents.c.commit_id == commit)
    return tx.execute(query).first() is not None
