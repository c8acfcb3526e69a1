"""Column types that both engines store alike; used by the modules of tables."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.types import TypeDecorator

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Moment(TypeDecorator[datetime]):
    """An aware UTC datetime, kept as whole microseconds since 1970: sorts, compares and indexes on both engines."""

    impl = sa.BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> int | None:
        return _microseconds(value)

    # Without these two SQLAlchemy puts two calls around each value.

    def bind_processor(self, dialect: sa.Dialect) -> Callable[[datetime | None], int | None]:
        return _microseconds

    def result_processor(self, dialect: sa.Dialect, coltype: object) -> Callable[[Any | None], datetime | None]:
        return _moment


def _microseconds(value: datetime | None) -> int | None:
    return None if value is None else (value - _EPOCH) // _MICROSECOND


def _moment(value: Any | None) -> datetime | None:
    return None if value is None else _EPOCH + timedelta(0, 0, value)


#: JSON as text on SQLite, jsonb-free `json` on PostgreSQL: key order of a document survives.
Json = sa.JSON

#: Counts up by itself on both engines.
Number = sa.BigInteger().with_variant(sa.Integer, "sqlite")
