"""Pages elsewhere that say they link to an issue: asked, looked at, shown, withdrawn."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

import sqlalchemy as sa

from bridge.store.database import Transaction, WakeUp
from bridge.store.linkback_tables import linkbacks
from bridge.store.upsert import insert_new
from bridge.terms import Server

State = Literal["waiting", "accepted", "refused", "withdrawn"]
Way = Literal["webmention", "pingback"]

#: The job that looks at pages; its key is always empty, so that one runs at a time.
CHECK = "linkback-check"


#: How long a look may take; after that its worker is taken for dead.
LEASE = timedelta(minutes=1)


@dataclass(frozen=True, kw_only=True)
class LinkbackRow:
    """One page and the issue it says it links to; see `schema.linkbacks`."""

    id: int
    blog_id: int
    issue_id: int
    source: str
    source_key: str
    target: str
    server: Server
    ways: list[Way]
    state: State
    reason: str
    claims_key: str | None
    entry_token: str | None
    reaction: Literal["like", "boost"] | None
    actor_id: str | None
    checks: int
    failures: int
    first_at: datetime
    fetched_at: datetime | None
    check_at: datetime | None

    @property
    def is_held(self) -> bool:
        """Whether somebody looks at the page now, or died while looking."""
        return self.fetched_at is not None and self.check_at == self.fetched_at + LEASE


_COLUMNS = tuple(LinkbackRow.__dataclass_fields__)


def _from_row(row: sa.Row[Any]) -> LinkbackRow:
    return LinkbackRow(**{name: getattr(row, name) for name in _COLUMNS})


def _all(tx: Transaction, *conditions: Any) -> list[LinkbackRow]:
    rows = tx.execute(sa.select(linkbacks).where(*conditions).order_by(linkbacks.c.id).limit(1_000))
    return [_from_row(row) for row in rows]


def find(tx: Transaction, blog_id: int, issue_id: int, source_key: str) -> LinkbackRow | None:
    """What is known of this page about this issue."""
    mine = (linkbacks.c.blog_id == blog_id, linkbacks.c.issue_id == issue_id, linkbacks.c.source_key == source_key)
    return next(iter(_all(tx, *mine)), None)


def of_source(tx: Transaction, blog_id: int, source_key: str) -> list[LinkbackRow]:
    """Every issue that this page says it links to."""
    return _all(tx, linkbacks.c.blog_id == blog_id, linkbacks.c.source_key == source_key)


def of_entry(tx: Transaction, blog_id: int, token: str) -> list[LinkbackRow]:
    """The pages that one entry is made of."""
    mine = (linkbacks.c.blog_id == blog_id, linkbacks.c.entry_token == token)
    return _all(tx, *mine, linkbacks.c.state == "accepted")


def of_keys(tx: Transaction, issue_id: int, keys: Collection[str]) -> list[LinkbackRow]:
    """The shown pages that are one of these, or copies of one of these."""
    same = sa.or_(linkbacks.c.source_key.in_(keys), linkbacks.c.claims_key.in_(keys))
    return _all(tx, linkbacks.c.issue_id == issue_id, linkbacks.c.state == "accepted", same)


def find_copy(tx: Transaction, blog_id: int, keys: Collection[str]) -> str | None:
    """The token of an entry made of a page that says it is a copy of one of these (as bridges do)."""
    query = sa.select(linkbacks.c.entry_token).where(
        linkbacks.c.blog_id == blog_id,
        linkbacks.c.claims_key.in_(keys),
        linkbacks.c.state == "accepted",
        linkbacks.c.entry_token.is_not(None),
    )
    return tx.execute(query.limit(1)).scalar()


def add(tx: Transaction, values: Mapping[str, Any]) -> bool:
    """A page that was never heard of; False if somebody else named it at this moment."""
    return insert_new(tx, linkbacks, [values]) > 0


def change(tx: Transaction, linkback_id: int, values: Mapping[str, Any]) -> None:
    """Change columns of a row."""
    tx.execute(sa.update(linkbacks).where(linkbacks.c.id == linkback_id).values(**values))


def schedule(tx: Transaction, linkback_id: int, *, at: datetime, now: datetime) -> None:
    """Have the page looked at then."""
    change(tx, linkback_id, {"check_at": at})
    # A little later than due: the job's clock and ours may differ by a tick.
    tx.wake(WakeUp(kind=CHECK, key="", due_in=max((at - now).total_seconds(), 0) + 0.01, priority=-1))


def claim(tx: Transaction, *, now: datetime, limit: int, busy: Collection[Server]) -> Sequence[LinkbackRow]:
    """Up to `limit` pages that are due, one of each server and none of a busy one; ours until the lease ends."""
    tx.lock(CHECK)
    first = (
        sa.select(sa.func.min(linkbacks.c.id))
        .where(linkbacks.c.check_at <= now, linkbacks.c.server.not_in(busy))
        .group_by(linkbacks.c.server)
        .order_by(sa.func.min(linkbacks.c.check_at))
        .limit(limit)
    )
    due = list(tx.execute(first).scalars())
    for number in due:
        change(tx, number, {"fetched_at": now})
        schedule(tx, number, at=now + LEASE, now=now)
    return _all(tx, linkbacks.c.id.in_(due))


def count_waiting(tx: Transaction, server: Server | None = None) -> int:
    """How many pages nobody has looked at yet, of one server or of all."""
    query = sa.select(sa.func.count()).where(linkbacks.c.state == "waiting")
    if server is not None:
        query = query.where(linkbacks.c.server == server)
    return int(tx.execute(query).scalar_one())


def forget(tx: Transaction, blog_id: int, actor_id: str) -> None:
    """Keep nothing of what this person's or site's pages said."""
    tx.execute(sa.delete(linkbacks).where(linkbacks.c.blog_id == blog_id, linkbacks.c.actor_id == actor_id))


def forget_refused(tx: Transaction, *, before: datetime) -> None:
    """Drop what never was a linkback, so that strangers cannot fill the table."""
    old = (linkbacks.c.state == "refused", linkbacks.c.first_at < before, linkbacks.c.check_at.is_(None))
    tx.execute(sa.delete(linkbacks).where(*old))
