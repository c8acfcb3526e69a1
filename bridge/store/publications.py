"""What publishing a commit did, in the words that its pusher reads; and what its pusher allowed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from bridge.store.database import Transaction
from bridge.store.schema import consents, publications
from bridge.store.upsert import insert_new, put
from bridge.terms import Document


@dataclass(frozen=True, kw_only=True)
class Publication:
    """What publishing a commit did: `lines` for people, `report` for programs (as `publish --json` gives it)."""

    lines: Sequence[str]
    report: Document
    at: datetime
    is_told: bool  #: an author has read it

    @property
    def deliveries(self) -> int:
        """How many were made."""
        return sum(issue["deliveries"] or 0 for issue in self.report["issues"])


def add(tx: Transaction, blog_id: int, commit: str, new: Publication) -> None:
    """Keep it; to a commit that is published again, as a later date came, what is new is added to what nobody read."""
    before = find(tx, blog_id, commit)
    lines, report = list(new.lines), new.report
    if before is not None and not before.is_told:
        lines = [*before.lines, *lines]
        report = report | {"issues": [*before.report["issues"], *report["issues"]]}
    values = {"lines": lines, "report": report, "at": new.at, "is_told": new.is_told}
    put(tx, publications, {"blog_id": blog_id, "commit_id": commit}, values)


def find(tx: Transaction, blog_id: int, commit: str) -> Publication | None:
    """None when nothing was published with it."""
    row = tx.execute(sa.select(publications).where(_is(blog_id, commit))).first()
    return None if row is None else Publication(lines=row.lines, report=row.report, at=row.at, is_told=row.is_told)


def take(tx: Transaction, blog_id: int, commit: str) -> Publication | None:
    """What no author has read so far, for one who reads it now; None when there is nothing like that."""
    told = sa.update(publications).where(_is(blog_id, commit), publications.c.is_told.is_(False)).values(is_told=True)
    return find(tx, blog_id, commit) if tx.execute(told).rowcount else None


def allow_deletions(tx: Transaction, blog_id: int, commit: str, *, now: datetime) -> None:
    """The commit may take several issues back: said before git accepts the push, so that it outlives the hook."""
    insert_new(tx, consents, [{"blog_id": blog_id, "commit_id": commit, "at": now}])


def may_delete(tx: Transaction, blog_id: int, commit: str) -> bool:
    """Whether the commit's pusher said so."""
    query = sa.select(consents.c.at).where(consents.c.blog_id == blog_id, consents.c.commit_id == commit)
    return tx.execute(query).first() is not None


def _is(blog_id: int, commit: str) -> sa.ColumnElement[bool]:
    return sa.and_(publications.c.blog_id == blog_id, publications.c.commit_id == commit)
