"""The embedded jobs engine's table: enqueue, claim with a lease, finish, release after a crash."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from bridge.clock import utc_now
from bridge.store.database import Transaction, WakeUp
from bridge.store.schema import jobs

#: PgQueuer's table, as far as we read it.
_SHARED = sa.table("pgqueuer", *map(sa.column, ("entrypoint", "payload", "status", "execute_after")))


@dataclass(frozen=True, kw_only=True)
class Job:
    """One claimed job."""

    id: int
    kind: str
    key: str
    attempts: int


def enqueue(tx: Transaction, wake_ups: Sequence[WakeUp]) -> None:
    """Write the wake-ups of a transaction, in that transaction."""
    now = utc_now()
    tx.execute(
        sa.insert(jobs),
        [
            {
                "kind": wake.kind,
                "key": wake.key,
                "priority": wake.priority,
                "due_at": now + timedelta(seconds=wake.due_in),
                "attempts": 0,
            }
            for wake in wake_ups
        ],
    )


def claim(tx: Transaction, *, now: datetime, lease: timedelta, limit: int) -> list[Job]:
    """Take up to `limit` due jobs, higher priority first; nobody else gets them while the lease holds."""
    free = sa.or_(jobs.c.leased_until.is_(None), jobs.c.leased_until < now)
    chosen = (
        sa.select(jobs.c.id)
        .where(jobs.c.due_at <= now, free)
        .order_by(jobs.c.priority.desc(), jobs.c.due_at, jobs.c.id)
        .limit(limit)
    )
    taken = (
        sa.update(jobs)
        .where(jobs.c.id.in_(chosen))
        .values(leased_until=now + lease, attempts=jobs.c.attempts + 1)
        .returning(jobs.c.id, jobs.c.kind, jobs.c.key, jobs.c.attempts, jobs.c.priority)
    )
    rows = sorted(tx.execute(taken), key=lambda row: (-row.priority, row.id))
    return [Job(id=row.id, kind=row.kind, key=row.key, attempts=row.attempts) for row in rows]


def finish(tx: Transaction, ids: Sequence[int]) -> None:
    """These jobs are done."""
    tx.execute(sa.delete(jobs).where(jobs.c.id.in_(ids)))


def put_back(tx: Transaction, job_id: int, *, due_at: datetime) -> None:
    """This job failed and is to run again then."""
    tx.execute(sa.update(jobs).where(jobs.c.id == job_id).values(leased_until=None, due_at=due_at))


def release_all(tx: Transaction) -> None:
    """The one working process has just started, so every lease is a dead process's."""
    tx.execute(sa.update(jobs).values(leased_until=None))


def next_due(tx: Transaction) -> datetime | None:
    """When the next job is due."""
    return tx.execute(sa.select(sa.func.min(jobs.c.due_at)).where(jobs.c.leased_until.is_(None))).scalar()


def waiting(tx: Transaction, *, now: datetime) -> tuple[int, datetime | None]:
    """How many jobs are due, and since when the oldest of them is: the queue's depth and age."""
    if tx.is_postgres:
        due = sa.and_(_SHARED.c.execute_after <= now, sa.cast(_SHARED.c.status, sa.Text) == "queued")
        query = sa.select(sa.func.count().label("depth"), sa.func.min(_SHARED.c.execute_after).label("oldest"))
        row = tx.execute(query.select_from(_SHARED).where(due)).one()
        return int(row.depth), row.oldest
    row = tx.execute(
        sa.select(sa.func.count(jobs.c.id).label("depth"), sa.func.min(jobs.c.due_at).label("oldest")).where(
            jobs.c.due_at <= now
        )
    ).one()
    return int(row.depth), row.oldest


def running_keys(tx: Transaction, kind: str) -> frozenset[str]:
    """The keys of jobs of this kind that a worker holds now."""
    if tx.is_postgres:
        held = sa.cast(_SHARED.c.status, sa.Text) == "picked"
        query = sa.select(_SHARED.c.payload).where(_SHARED.c.entrypoint == kind, held)
        return frozenset(bytes(payload).decode() for payload in tx.execute(query).scalars())
    rows = tx.execute(sa.select(jobs.c.key).where(jobs.c.kind == kind, jobs.c.leased_until.is_not(None)))
    return frozenset(rows.scalars())


def queued_keys(tx: Transaction, kind: str) -> frozenset[str]:
    """The keys of jobs of this kind that nobody holds, due or not."""
    if tx.is_postgres:
        queued = sa.cast(_SHARED.c.status, sa.Text) == "queued"
        query = sa.select(_SHARED.c.payload).where(_SHARED.c.entrypoint == kind, queued).distinct()
        return frozenset(bytes(payload).decode() for payload in tx.execute(query).scalars())
    rows = tx.execute(sa.select(jobs.c.key).where(jobs.c.kind == kind, jobs.c.leased_until.is_(None)).distinct())
    return frozenset(rows.scalars())


def forget_log(tx: Transaction) -> None:
    """PgQueuer notes every job that ends; the ledger says what matters of it."""
    if tx.is_postgres:
        tx.execute(sa.delete(sa.table("pgqueuer_log")))
