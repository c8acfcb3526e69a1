"""When each conversation was last looked for on other servers, and what was found."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from bridge.store.database import Transaction
from bridge.store.repair_tables import crawls
from bridge.store.upsert import put

#: The job that looks for a conversation; its key is the issue's number.
CRAWL = "crawl"


@dataclass(frozen=True, kw_only=True)
class CrawlRow:
    """The last crawl of an issue: `asked` posts and collections, `found` new entries; `unread` says what was not."""

    checked_at: datetime
    asked: int
    found: int
    unread: str


def record(tx: Transaction, issue_id: int, row: CrawlRow) -> None:
    """Keep the last crawl."""
    put(
        tx,
        crawls,
        {"issue_id": issue_id},
        {"checked_at": row.checked_at, "asked": row.asked, "found": row.found, "unread": row.unread},
    )


def find(tx: Transaction, issue_id: int) -> CrawlRow | None:
    """The last crawl; None before the first, an hour after the issue."""
    row = tx.execute(sa.select(crawls).where(crawls.c.issue_id == issue_id)).first()
    if row is None:
        return None
    return CrawlRow(checked_at=row.checked_at, asked=row.asked, found=row.found, unread=row.unread)
