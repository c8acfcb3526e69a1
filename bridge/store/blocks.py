"""Actors and domains whom the author does not want to hear from."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

import sqlalchemy as sa

from bridge.conversation.blocklist import BlockList, addresses_of
from bridge.store.database import Transaction
from bridge.store.prepared import Prepared
from bridge.store.schema import blocks
from bridge.store.upsert import insert_new


def add(tx: Transaction, blog_id: int, target: str, *, reason: str, now: datetime) -> bool:
    """Block an actor id or a domain; False if it was blocked before."""
    return insert_new(tx, blocks, [{"blog_id": blog_id, "target": target, "reason": reason, "since": now}]) > 0


def remove(tx: Transaction, blog_id: int, target: str) -> bool:
    """Unblock; False if it was not blocked."""
    return tx.execute(sa.delete(blocks).where(blocks.c.blog_id == blog_id, blocks.c.target == target)).rowcount > 0


def all_of(tx: Transaction, blog_id: int) -> list[tuple[str, str]]:
    """Every blocked target with the reason given."""
    query = sa.select(blocks.c.target, blocks.c.reason).where(blocks.c.blog_id == blog_id).order_by(blocks.c.target)
    return [(row.target, row.reason) for row in tx.execute(query)]


def listed(tx: Transaction, blog_id: int, also: Iterable[str] = ()) -> BlockList:
    """Everything blocked, with what the configuration blocks."""
    return BlockList([*tx.execute(_TARGETS, {"blog": blog_id}).scalars(), *also])


_TARGETS = sa.select(blocks.c.target).where(blocks.c.blog_id == sa.bindparam("blog"))


#: So many addresses are asked for at once: an actor, its host, and the domains above that.
_AT_ONCE = 8
_NAMES = [f"target_{number}" for number in range(_AT_ONCE)]
_NAMED = [sa.bindparam(name, type_=sa.Text) for name in _NAMES]
_BLOCKED = Prepared(
    sa.select(blocks.c.target).where(blocks.c.blog_id == sa.bindparam("blog"), blocks.c.target.in_(_NAMED))
)


def holding(tx: Transaction, blog_id: int, address: str, also: Collection[str] = ()) -> str | None:
    """What `listed(...).holds(address)` says, without reading the whole list, which may hold ten thousand."""
    asked = addresses_of(address)
    found = set(asked).intersection(also)
    for start in range(0, len(asked), _AT_ONCE):
        some = asked[start : start + _AT_ONCE]
        named = dict(zip(_NAMES, (*some, *some[-1:] * (_AT_ONCE - len(some))), strict=True))
        found.update(row.target for row in _BLOCKED.all(tx, {"blog": blog_id, **named}))
    return next((target for target in asked if target in found), None)


def among(tx: Transaction, blog_id: int, domains: Collection[str]) -> frozenset[str]:
    """Which of these domains are blocked; cheaper than the whole list, which may hold ten thousand."""
    query = sa.select(blocks.c.target).where(blocks.c.blog_id == blog_id, blocks.c.target.in_(domains))
    return frozenset(tx.execute(query).scalars()) if domains else frozenset()
