"""INSERT … ON CONFLICT in the dialect of either engine; used by the table modules."""

from __future__ import annotations

import importlib
from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from bridge.store.database import Transaction
from bridge.store.prepared import Prepared


def insert_new(tx: Transaction, table: sa.Table, rows: Sequence[Mapping[str, Any]]) -> int:
    """Insert the rows that are not there yet (by any unique key); returns how many were new."""
    if len(rows) == 1:
        return _insert_new(table, tx.is_postgres, tuple(rows[0])).run(tx, rows[0])
    return tx.execute(_do_nothing(table, tx.is_postgres), list(rows)).rowcount if rows else 0


@lru_cache(maxsize=256)
def _insert_new(table: sa.Table, is_postgres: bool, columns: tuple[str, ...]) -> Prepared:
    return Prepared(_do_nothing(table, is_postgres), *columns)


@lru_cache
def _do_nothing(table: sa.Table, is_postgres: bool) -> sa.Insert:
    """Made once for each table: building a statement costs more than running it."""
    statement: sa.Insert = _insert(table, is_postgres).on_conflict_do_nothing()
    return statement


def put(
    tx: Transaction,
    table: sa.Table,
    key: Mapping[str, Any],
    values: Mapping[str, Any],
    *,
    kept: Collection[str] = (),
) -> None:
    """Insert one row, or change the one with this primary key. `kept` are columns that None does not overwrite."""
    statement = _insert(table, tx.is_postgres).values(**key, **values)
    changed = {**values, **{name: sa.func.coalesce(statement.excluded[name], table.c[name]) for name in kept}}
    tx.execute(statement.on_conflict_do_update(index_elements=list(key), set_=changed))


def put_many(tx: Transaction, table: sa.Table, key: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows that all name the same columns, or change those with the same primary key, in one statement."""
    statement = _insert(table, tx.is_postgres)
    changed = {name: statement.excluded[name] for name in rows[0] if name not in key}
    tx.execute(statement.on_conflict_do_update(index_elements=list(key), set_=changed), list(rows))


def _insert(table: sa.Table, is_postgres: bool) -> Any:
    """The dialect's own INSERT. PostgreSQL's is loaded where it is used (decision 0005); both take the same words."""
    dialect = importlib.import_module(f"sqlalchemy.dialects.{'postgresql' if is_postgres else 'sqlite'}")
    return dialect.insert(table)
