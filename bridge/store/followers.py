"""Who follows the blog, and to which distinct inboxes a post goes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from bridge.store import changes
from bridge.store.database import Transaction
from bridge.store.schema import followers
from bridge.store.upsert import put
from bridge.terms import ActorId, InboxUrl, Server
from bridge.urls import host_of


@dataclass(frozen=True, kw_only=True)
class Follower:
    """One follower; `since` is when it was first accepted."""

    actor_id: ActorId
    follow_id: str | None
    server: Server
    inbox: InboxUrl
    shared_inbox: InboxUrl | None
    since: datetime


def _where(blog_id: int, actor_id: ActorId) -> tuple[Any, Any]:
    return followers.c.blog_id == blog_id, followers.c.actor_id == actor_id


def add(tx: Transaction, blog_id: int, follower: Follower) -> bool:
    """Remember a follower; True if it is a new one. A repeated Follow renews its addresses and keeps `since`."""
    known = find(tx, blog_id, follower.actor_id)
    put(
        tx,
        followers,
        {"blog_id": blog_id, "actor_id": follower.actor_id},
        {
            "follow_id": follower.follow_id,
            "server": follower.server,
            "inbox": follower.inbox,
            "shared_inbox": follower.shared_inbox,
            "since": follower.since if known is None else known.since,
        },
    )
    if known is None:
        tx.touch(changes.FOLLOWERS)
    return known is None


def find(tx: Transaction, blog_id: int, actor_id: ActorId) -> Follower | None:
    """The follower with this id."""
    row = tx.execute(sa.select(followers).where(*_where(blog_id, actor_id))).first()
    return None if row is None else _from_row(row)


def _from_row(row: sa.Row[Any]) -> Follower:
    return Follower(
        actor_id=ActorId(row.actor_id),
        follow_id=row.follow_id,
        server=Server(row.server),
        inbox=InboxUrl(row.inbox),
        shared_inbox=None if row.shared_inbox is None else InboxUrl(row.shared_inbox),
        since=row.since,
    )


def all_of(tx: Transaction, blog_id: int) -> list[Follower]:
    """Every follower, oldest first."""
    query = sa.select(followers).where(followers.c.blog_id == blog_id).order_by(followers.c.since)
    return [_from_row(row) for row in tx.execute(query)]


def remove(tx: Transaction, blog_id: int, actor_id: ActorId) -> bool:
    """Forget a follower; True if there was one."""
    was_there = tx.execute(sa.delete(followers).where(*_where(blog_id, actor_id))).rowcount > 0
    if was_there:
        tx.touch(changes.FOLLOWERS)
    return was_there


def count(tx: Transaction, blog_id: int) -> int:
    """How many follow."""
    return int(tx.execute(sa.select(sa.func.count()).where(followers.c.blog_id == blog_id)).scalar_one())


def count_servers(tx: Transaction, blog_id: int) -> int:
    """On how many servers they are."""
    query = sa.select(sa.func.count(followers.c.server.distinct())).where(followers.c.blog_id == blog_id)
    return int(tx.execute(query).scalar_one())


def new_from_server(tx: Transaction, blog_id: int, server: Server, *, since: datetime) -> int:
    """How many followers a server has brought since then."""
    query = sa.select(sa.func.count()).where(
        followers.c.blog_id == blog_id, followers.c.server == server, followers.c.since >= since
    )
    return int(tx.execute(query).scalar_one())


def inboxes(tx: Transaction, blog_id: int) -> Sequence[InboxUrl]:
    """One address per server where a shared inbox is offered, else one per follower; distinct."""
    address = sa.func.coalesce(followers.c.shared_inbox, followers.c.inbox)
    query = sa.select(address).where(followers.c.blog_id == blog_id).distinct()
    return [InboxUrl(inbox) for inbox in tx.execute(query).scalars()]


def change_addresses(
    tx: Transaction, blog_id: int, actor_id: ActorId, *, inbox: InboxUrl, shared_inbox: InboxUrl | None
) -> None:
    """The actor document was fetched again and names other inboxes."""
    tx.execute(
        sa.update(followers)
        .where(*_where(blog_id, actor_id))
        .values(inbox=inbox, shared_inbox=shared_inbox, server=host_of(actor_id))
    )


def at_inbox(tx: Transaction, blog_id: int, inbox: InboxUrl, *, limit: int) -> list[ActorId]:
    """Some of those whose posts go to this inbox, longest followers first."""
    query = (
        sa.select(followers.c.actor_id)
        .where(followers.c.blog_id == blog_id, sa.or_(followers.c.inbox == inbox, followers.c.shared_inbox == inbox))
        .order_by(followers.c.since)
        .limit(limit)
    )
    return [ActorId(actor_id) for actor_id in tx.execute(query).scalars()]
