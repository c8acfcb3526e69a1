"""Counts and newest things over many tables, for the author's pages and NodeInfo."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from bridge.store.database import Transaction
from bridge.store.received import Received
from bridge.store.schema import deliveries, entries, followers, received
from bridge.terms import Server

_RECEIVED = Received._fields


@dataclass(frozen=True, kw_only=True)
class Tally:
    """Deliveries of one issue, or to one server, by how they stand."""

    delivered: int
    waiting: int
    failed: int


def deliveries_by_issue(tx: Transaction, blog_id: int, issue_ids: Sequence[int]) -> dict[int, Tally]:
    """How the deliveries of these issues stand."""
    of_them = sa.and_(deliveries.c.blog_id == blog_id, deliveries.c.issue_id.in_(issue_ids))
    return {int(key): tally for key, tally in _tallies(tx, deliveries.c.issue_id, of_them)}


def deliveries_by_server(tx: Transaction, blog_id: int) -> dict[Server, Tally]:
    """How the deliveries to each server stand."""
    return {Server(key): tally for key, tally in _tallies(tx, deliveries.c.server, deliveries.c.blog_id == blog_id)}


def _tallies(tx: Transaction, column: sa.Column[Any], condition: sa.ColumnElement[bool]) -> list[tuple[Any, Tally]]:
    def number(*states: str) -> sa.ColumnElement[int]:
        return sa.func.sum(sa.case((deliveries.c.state.in_(states), 1), else_=0))

    query = (
        sa.select(
            column.label("key"),
            number("delivered").label("delivered"),
            number("waiting").label("waiting"),
            number("refused", "gone", "given-up").label("failed"),
        )
        .where(condition)
        .group_by(column)
    )
    return [
        (row.key, Tally(delivered=int(row.delivered), waiting=int(row.waiting), failed=int(row.failed)))
        for row in tx.execute(query)
    ]


def entries_by_state(tx: Transaction, blog_id: int) -> dict[str, int]:
    """How many comments are in each state."""
    query = (
        sa.select(entries.c.state, sa.func.count(entries.c.id).label("number"))
        .where(entries.c.blog_id == blog_id)
        .group_by(entries.c.state)
    )
    return {str(row.state): int(row.number) for row in tx.execute(query)}


def newest_received(tx: Transaction, *, limit: int, before: int | None = None) -> list[tuple[int, Received]]:
    """What came in last, with its number; `before` pages on."""
    query = sa.select(received).order_by(received.c.id.desc()).limit(limit)
    if before is not None:
        query = query.where(received.c.id < before)
    return [(int(row.id), Received(**{name: getattr(row, name) for name in _RECEIVED})) for row in tx.execute(query)]


def followers_by_server(tx: Transaction, blog_id: int) -> dict[Server, int]:
    """How many follow from each server."""
    query = (
        sa.select(followers.c.server, sa.func.count().label("number"))
        .where(followers.c.blog_id == blog_id)
        .group_by(followers.c.server)
    )
    return {Server(row.server): int(row.number) for row in tx.execute(query)}
