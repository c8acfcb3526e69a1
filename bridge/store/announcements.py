"""Posts elsewhere about an issue (`syndication:`): what answers them belongs to the issue's conversation."""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa

from bridge.store.database import Transaction
from bridge.store.repair_tables import announcements
from bridge.store.upsert import insert_new


def settle(tx: Transaction, blog_id: int, issue_id: int, urls: Iterable[str]) -> None:
    """The issue's file names exactly these posts now. Object ids learned for those that stay are kept."""
    wanted = list(dict.fromkeys(urls))
    gone = sa.and_(announcements.c.issue_id == issue_id, announcements.c.url.not_in(wanted))
    tx.execute(sa.delete(announcements).where(gone))
    rows = [{"blog_id": blog_id, "address": url, "url": url, "issue_id": issue_id} for url in wanted]
    insert_new(tx, announcements, rows)


def learn(tx: Transaction, blog_id: int, issue_id: int, *, url: str, object_id: str) -> None:
    """The post at this url has this object id: replies name the id."""
    insert_new(tx, announcements, [{"blog_id": blog_id, "address": object_id, "url": url, "issue_id": issue_id}])


def issue_of(tx: Transaction, blog_id: int, address: str) -> int | None:
    """The issue whose file names this post, by its url or by its object id."""
    query = sa.select(announcements.c.issue_id).where(
        announcements.c.blog_id == blog_id, announcements.c.address == address
    )
    return tx.execute(query).scalar()


def urls_of(tx: Transaction, issue_id: int) -> list[str]:
    """The posts that the issue's file names."""
    query = sa.select(announcements.c.url).where(announcements.c.issue_id == issue_id).distinct()
    return sorted(tx.execute(query).scalars())
