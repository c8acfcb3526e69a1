"""What stands under an issue: replies, mentions, quotes, linkbacks and our own answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from bridge.store.database import Transaction
from bridge.store.schema import entries, objects
from bridge.terms import ActorId, ObjectId


@dataclass(frozen=True, kw_only=True)
class EntryRow:
    """One entry; see `schema.entries`."""

    id: int
    token: str
    blog_id: int
    issue_id: int
    kind: str
    object_id: ObjectId
    url: str
    in_reply_to: str | None
    actor_id: ActorId | None
    author_name: str
    author_handle: str
    author_url: str
    author_avatar: str | None
    content_html: str
    text: str
    content_warning: str | None
    language: str | None
    pictures: list[dict[str, Any]]
    section: str | None
    visibility: str
    state: str
    reason: str
    is_author: bool
    ours: bool
    own_series: bool
    ways: list[str]
    published: datetime | None
    updated: datetime | None
    received_at: datetime
    changed_at: datetime


_COLUMNS = tuple(EntryRow.__dataclass_fields__)


def _from_row(row: sa.Row[Any]) -> EntryRow:
    return EntryRow(**{name: getattr(row, name) for name in _COLUMNS})


def _one(tx: Transaction, *conditions: Any) -> EntryRow | None:
    row = tx.execute(sa.select(entries).where(*conditions)).first()
    return None if row is None else _from_row(row)


def find_by_object(tx: Transaction, blog_id: int, object_id: str) -> EntryRow | None:
    """The entry made of this object."""
    return _one(tx, entries.c.blog_id == blog_id, entries.c.object_id == object_id)


def find_by_token(tx: Transaction, blog_id: int, token: str) -> EntryRow | None:
    """The entry with our own opaque id."""
    return _one(tx, entries.c.blog_id == blog_id, entries.c.token == token)


def find_by_url(tx: Transaction, blog_id: int, url: str) -> EntryRow | None:
    """The entry with this human page."""
    return _one(tx, entries.c.blog_id == blog_id, entries.c.url == url)


def of_issue(tx: Transaction, issue_id: int) -> list[EntryRow]:
    """Everything under the issue, in every state, in order of arrival."""
    query = sa.select(entries).where(entries.c.issue_id == issue_id).order_by(entries.c.id)
    return [_from_row(row) for row in tx.execute(query)]


def in_state(tx: Transaction, blog_id: int, state: str) -> list[EntryRow]:
    """All entries of the blog in this state, newest first."""
    query = sa.select(entries).where(entries.c.blog_id == blog_id, entries.c.state == state)
    return [_from_row(row) for row in tx.execute(query.order_by(entries.c.received_at.desc()))]


def of_actor(tx: Transaction, blog_id: int, actor_id: str) -> list[EntryRow]:
    """All entries of one person."""
    query = sa.select(entries).where(entries.c.blog_id == blog_id, entries.c.actor_id == actor_id)
    return [_from_row(row) for row in tx.execute(query.order_by(entries.c.id))]


def add(tx: Transaction, values: Mapping[str, Any]) -> int:
    """A new entry; returns its number."""
    return int(tx.execute(sa.insert(entries).values(**values).returning(entries.c.id)).scalar_one())


def change(tx: Transaction, entry_id: int, values: Mapping[str, Any]) -> None:
    """Change columns of an entry."""
    tx.execute(sa.update(entries).where(entries.c.id == entry_id).values(**values))


def remove(tx: Transaction, entry_id: int) -> None:
    """Remove an entry without a trace; only for what nobody answered."""
    tx.execute(sa.delete(entries).where(entries.c.id == entry_id))


def issue_of(tx: Transaction, blog_id: int, object_id: str) -> tuple[int, str | None] | None:
    """The issue (and section) that a thing belongs to: an object of ours, or an entry we hold."""
    ours = tx.execute(
        sa.select(objects.c.issue_id, objects.c.section).where(objects.c.id == object_id, objects.c.blog_id == blog_id)
    ).first()
    if ours is not None and ours.issue_id is not None:
        return int(ours.issue_id), ours.section
    theirs = tx.execute(
        sa.select(entries.c.issue_id, entries.c.section).where(
            entries.c.object_id == object_id, entries.c.blog_id == blog_id
        )
    ).first()
    return None if theirs is None else (int(theirs.issue_id), theirs.section)


def approved_before(tx: Transaction, blog_id: int, actor_id: str) -> bool:
    """Whether an entry of this person was ever shown."""
    query = sa.select(entries.c.id).where(
        entries.c.blog_id == blog_id, entries.c.actor_id == actor_id, entries.c.state == "shown"
    )
    return tx.execute(query.limit(1)).first() is not None
