"""Permission to quote: which post may quote which object of ours, until it is taken back."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from bridge.store.database import Transaction
from bridge.store.quote_tables import quote_stamps
from bridge.terms import ActorId, InboxUrl, ObjectId


@dataclass(frozen=True, kw_only=True)
class Stamp:
    """One permission given. `token` is random: nobody can name the stamp without having got it (S43)."""

    token: str
    blog_id: int
    object_id: ObjectId
    instrument_id: ObjectId
    actor_id: ActorId
    inbox: InboxUrl
    given_at: datetime
    revoked_at: datetime | None = None


_COLUMNS = tuple(Stamp.__dataclass_fields__)


def _from_row(row: sa.Row[Any]) -> Stamp:
    return Stamp(**{name: getattr(row, name) for name in _COLUMNS})


def find(tx: Transaction, token: str) -> Stamp | None:
    """The stamp with this token, revoked or not."""
    row = tx.execute(sa.select(quote_stamps).where(quote_stamps.c.token == token)).first()
    return None if row is None else _from_row(row)


def find_for(tx: Transaction, object_id: str, instrument_id: str) -> Stamp | None:
    """The stamp that lets this post quote this object, revoked or not."""
    query = sa.select(quote_stamps).where(
        quote_stamps.c.object_id == object_id, quote_stamps.c.instrument_id == instrument_id
    )
    row = tx.execute(query).first()
    return None if row is None else _from_row(row)


def add(tx: Transaction, stamp: Stamp) -> None:
    """Give permission."""
    tx.execute(sa.insert(quote_stamps).values(**{name: getattr(stamp, name) for name in _COLUMNS}))


def of_object(tx: Transaction, object_id: str) -> list[Stamp]:
    """The stamps that are valid for an object."""
    return _standing(tx, quote_stamps.c.object_id == object_id)


def of_actor(tx: Transaction, blog_id: int, actor_id: str) -> list[Stamp]:
    """The leaves that one person has."""
    return _standing(tx, quote_stamps.c.blog_id == blog_id, quote_stamps.c.actor_id == actor_id)


def of_instrument(tx: Transaction, blog_id: int, instrument_id: str) -> list[Stamp]:
    """The leaves that one post has."""
    return _standing(tx, quote_stamps.c.blog_id == blog_id, quote_stamps.c.instrument_id == instrument_id)


def standing(tx: Transaction, blog_id: int) -> list[Stamp]:
    """Every valid stamp of the blog."""
    return _standing(tx, quote_stamps.c.blog_id == blog_id)


def _standing(tx: Transaction, *conditions: sa.ColumnElement[bool]) -> list[Stamp]:
    query = sa.select(quote_stamps).where(*conditions, quote_stamps.c.revoked_at.is_(None))
    return [_from_row(row) for row in tx.execute(query.order_by(quote_stamps.c.given_at))]


def revoke(tx: Transaction, tokens: Collection[str], *, now: datetime) -> None:
    """Take leaves back, for good."""
    tx.execute(sa.update(quote_stamps).where(quote_stamps.c.token.in_(tokens)).values(revoked_at=now))


def remove_of_actor(tx: Transaction, blog_id: int, actor_id: str) -> None:
    """Keep nothing of this person."""
    tx.execute(sa.delete(quote_stamps).where(quote_stamps.c.blog_id == blog_id, quote_stamps.c.actor_id == actor_id))
