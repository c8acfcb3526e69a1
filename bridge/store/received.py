"""The record of what came in: sender, verdict, reason, and what the sender was told."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any, NamedTuple

import sqlalchemy as sa

from bridge.store.database import Transaction
from bridge.store.prepared import Prepared
from bridge.store.schema import expired, issues, received, remote_actors, servers
from bridge.store.upsert import insert_new
from bridge.terms import Server
from bridge.urls import BadUrl, host_of


class Received(NamedTuple):
    """One thing that came in. One is made for every activity, and a frozen dataclass takes five times as long."""

    blog_id: int | None
    seen_key: str | None
    activity_id: str | None
    type: str
    actor_id: str | None
    server: Server
    object_id: str | None
    verdict: str
    reason: str
    status: int
    received_at: datetime
    issue_id: int | None = None
    url: str | None = None
    way: str = "inbox"
    repeats: int = 0


_COLUMNS = Received._fields


def add(tx: Transaction, row: Received) -> bool:
    """Keep the row; False if an activity with its key was seen before."""
    return insert_new(tx, received, [row._asdict()]) > 0


def count_repeat(tx: Transaction, seen_key: str) -> bool:
    """Whether the activity came before, in which case it is counted as come once more."""
    return _REPEAT.run(tx, {"key": seen_key}) > 0


_REPEAT = Prepared(
    sa.update(received).where(received.c.seen_key == sa.bindparam("key")).values(repeats=received.c.repeats + 1)
)


def settle(tx: Transaction, object_id: str, *, verdict: str, reason: str, issue_id: int | None) -> None:
    """What became at last of a reply that was parked."""
    tx.execute(
        sa.update(received)
        .where(received.c.object_id == object_id, received.c.verdict == "parked")
        .values(verdict=verdict, reason=reason, issue_id=issue_id)
    )


def change_verdict(tx: Transaction, seen_key: str, *, verdict: str, reason: str) -> None:
    """What became of a thing that was kept before it could be judged."""
    tx.execute(sa.update(received).where(received.c.seen_key == seen_key).values(verdict=verdict, reason=reason))


def was_seen(tx: Transaction, seen_key: str) -> bool:
    """Whether the activity came before."""
    return _SEEN.first(tx, {"key": seen_key}) is not None


def of_sender(tx: Transaction, actor_id: str, activity_id: str) -> Received | None:
    """The last that this actor sent under this id; None if it never came, or too long ago."""
    query = sa.select(received).where(_is_by(actor_id), received.c.activity_id == activity_id)
    row = tx.execute(query.order_by(received.c.id.desc()).limit(1)).first()
    return None if row is None else _from_row(row)


_SEEN = Prepared(sa.select(received.c.id).where(received.c.seen_key == sa.bindparam("key")))


def moved_since(tx: Transaction, actor_id: str, *, since: datetime) -> bool:
    """Whether a move of this actor was believed lately."""
    query = sa.select(received.c.id).where(
        _is_by(actor_id),
        received.c.type == "Move",
        received.c.verdict == "done",
        received.c.received_at >= since,
    )
    return tx.execute(query.limit(1)).first() is not None


def known_servers(tx: Transaction, names: Sequence[Server]) -> frozenset[Server]:
    """Those of the servers of which we know an actor, or to which we ever sent something."""
    actors = sa.select(remote_actors.c.server).where(remote_actors.c.server.in_(names)).distinct()
    sent_to = sa.select(servers.c.server).where(servers.c.server.in_(names))
    return frozenset(Server(name) for name in tx.execute(actors.union(sent_to)).scalars())


def add_refused(tx: Transaction, rows: Sequence[Received]) -> None:
    """Keep requests that were turned away."""
    tx.execute(sa.insert(received), [row._asdict() for row in rows])


def trim_refused(tx: Transaction, server: Server, *, most: int) -> None:
    """Keep the newest refused requests of one server only."""
    refused = sa.and_(received.c.server == server, received.c.seen_key.is_(None))
    newest = sa.select(received.c.id).where(refused).order_by(received.c.id.desc()).offset(most).limit(1)
    oldest_kept = tx.execute(newest).scalar()
    if oldest_kept is not None:
        tx.execute(sa.delete(received).where(refused, received.c.id <= oldest_kept))


def expire(tx: Transaction, *, before: datetime, now: datetime, limit: int, most_of_one: int) -> int:
    """Forget up to `limit` rows that are old, or too many of one server; a digest of each address stays.

    Rows about an issue that is out live as long as it.
    """
    out = sa.select(issues.c.id).where(issues.c.state == "published")
    lasting = sa.and_(received.c.issue_id.is_not(None), received.c.issue_id.in_(out))
    number = sa.func.row_number().over(partition_by=received.c.server, order_by=received.c.id.desc()).label("number")
    ranked = sa.select(received.c.id, number).where(~lasting).subquery()
    surplus = sa.select(ranked.c.id).where(ranked.c.number > most_of_one)
    old = sa.select(received.c.id).where(received.c.received_at < before, ~lasting)
    due = old.union(surplus).limit(limit)
    gone = tx.execute(
        sa.delete(received)
        .where(received.c.id.in_(due))
        .returning(received.c.activity_id, received.c.object_id, received.c.url, received.c.seen_key)
    ).all()
    traces = {
        _digest(address)
        for row in gone
        if row.seen_key is not None
        for address in (row.activity_id, row.object_id, row.url)
        if address is not None
    }
    insert_new(tx, expired, [{"digest": digest, "at": now} for digest in sorted(traces)])
    return len(gone)


def has_expired(tx: Transaction, address: str) -> datetime | None:
    """When the record of this address expired; None if there never was one, or nobody can know any more."""
    return tx.execute(sa.select(expired.c.at).where(expired.c.digest == _digest(address))).scalar()


def trim_traces(tx: Transaction, *, before: datetime, most: int) -> None:
    """Forget what expired long ago, and the oldest of too many."""
    oldest_kept = tx.execute(sa.select(expired.c.at).order_by(expired.c.at.desc()).offset(most).limit(1)).scalar()
    end = before if oldest_kept is None else max(before, oldest_kept)
    tx.execute(sa.delete(expired).where(expired.c.at < end))


def _digest(address: str) -> str:
    return sha256(address.encode()).hexdigest()[:24]


def about(tx: Transaction, url: str) -> list[Received]:
    """Everything recorded of one address: an activity's, an object's, or an actor's; newest first."""
    newest = sa.select(received).order_by(received.c.id.desc()).limit(200)
    found = tx.execute(newest.where(sa.or_(received.c.object_id == url, _is_by(url), _is_named(url)))).all()
    # The rest is looked for in the whole record: an author waits for that, but now and then.
    found = found or tx.execute(newest.where(sa.or_(received.c.activity_id == url, received.c.url == url))).all()
    return [_from_row(row) for row in found]


def of_issue(tx: Transaction, issue_id: int) -> list[Received]:
    """Everything that came in about one issue, newest first."""
    query = sa.select(received).where(received.c.issue_id == issue_id).order_by(received.c.id.desc()).limit(5_000)
    return [_from_row(row) for row in tx.execute(query)]


def reports(tx: Transaction, *, limit: int) -> list[Received]:
    """What other servers reported to the author, newest first."""
    flags = sa.select(received).where(received.c.type == "Flag", received.c.verdict == "held")
    return [_from_row(row) for row in tx.execute(flags.order_by(received.c.id.desc()).limit(limit))]


def _from_row(row: sa.Row[Any]) -> Received:
    return Received(**{name: getattr(row, name) for name in _COLUMNS})


def of_server(tx: Transaction, server: Server, *, limit: int = 50) -> list[Received]:
    """What came from one server, newest first."""
    query = sa.select(received).where(received.c.server == server).order_by(received.c.id.desc()).limit(limit)
    return [_from_row(row) for row in tx.execute(query)]


def verdicts_of_server(tx: Transaction, server: Server) -> dict[str, int]:
    """How often which verdict was given to a server."""
    query = (
        sa.select(received.c.verdict, sa.func.count(received.c.id).label("number"))
        .where(received.c.server == server)
        .group_by(received.c.verdict)
    )
    return {str(row.verdict): int(row.number) for row in tx.execute(query)}


def forget_actor(tx: Transaction, actor_id: str) -> int:
    """Drop everything recorded of one person; how many rows that were."""
    return tx.execute(sa.delete(received).where(_is_by(actor_id))).rowcount


def _is_named(activity_id: str) -> sa.ColumnElement[bool]:
    """The activity with this id, which is of the same server as its sender: what undid it is about the same id."""
    try:
        return sa.and_(received.c.server == host_of(activity_id), received.c.activity_id == activity_id)
    except BadUrl:
        return sa.false()


def _is_by(actor_id: str) -> sa.ColumnElement[bool]:
    """Sent by this actor: found by the index of its server, of which no more is kept than can be looked through."""
    try:
        server = host_of(actor_id)
    except BadUrl:
        return sa.false()
    return sa.and_(received.c.server == server, received.c.actor_id == actor_id)
