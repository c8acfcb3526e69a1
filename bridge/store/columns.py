"""Column types that both engines store alike; used by the modules of tables."""

from __future__ import annotations

import json
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


class Json(TypeDecorator[Any]):
    """JSON as text on SQLite, jsonb-free `json` on PostgreSQL: key order of a document survives."""

    impl = sa.JSON
    cache_ok = True

    # Most lists that we keep are empty; and SQLAlchemy puts three calls around each value.

    def bind_processor(self, dialect: sa.Dialect) -> Callable[[Any], Any] | None:
        return _json_text if dialect.name == "sqlite" else super().bind_processor(dialect)

    def result_processor(self, dialect: sa.Dialect, coltype: object) -> Callable[[Any], Any] | None:
        return _json_value if dialect.name == "sqlite" else super().result_processor(dialect, coltype)


def _json_text(value: Any) -> str:
    return "[]" if value == [] else json.dumps(value)


def _json_value(text: str | None) -> Any:
    return [] if text == "[]" else None if text is None else json.loads(text)


#: Counts up by itself on both engines.
Number = sa.BigInteger().with_variant(sa.Integer, "sqlite")
