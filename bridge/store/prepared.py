"""A statement that runs for everything that comes in -> compiled once, and given to SQLite as the text that it is.

Between a statement and SQLite's answer to it SQLAlchemy spends three to five times what SQLite itself takes to find a
row by its key (micro-measured: 75 to 110 us around 8 to 30). The table modules make a `Prepared` of what the inbox
asks for each activity; all else is `tx.execute`. It is the same SQLAlchemy statement on both engines, with the same
types, and PostgreSQL runs it the usual way.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from operator import itemgetter
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.sql.schema import ScalarElementColumnDefault

from bridge.store.database import Transaction

Convert = Callable[[Any], Any]


class Prepared:
    """`statement` has a bound parameter for each value; an INSERT sets `columns`, and the defaults of its table."""

    def __init__(
        self, statement: sa.Select[*tuple[Any, ...]] | sa.CompoundSelect[Any] | sa.sql.dml.UpdateBase, *columns: str
    ):
        self._statement = statement
        self._columns = columns
        self._text: _SqliteText | None = None

    def run(self, tx: Transaction, values: Mapping[str, Any]) -> int:
        """Run what returns no rows; how many it touched."""
        if tx.sqlite is None:
            return tx.execute(self._statement, dict(values)).rowcount
        text = self._compiled(tx)
        return tx.sqlite.execute(text.words, text.bound(values)).rowcount

    def all(self, tx: Transaction, values: Mapping[str, Any]) -> Sequence[Any]:
        """Every row, with the columns as attributes."""
        if tx.sqlite is None:
            return tx.execute(self._statement, dict(values)).all()
        text = self._compiled(tx)
        return [text.row(found) for found in tx.sqlite.execute(text.words, text.bound(values)).fetchall()]

    def first(self, tx: Transaction, values: Mapping[str, Any]) -> Any | None:
        """The first row, or None."""
        if tx.sqlite is None:
            return tx.execute(self._statement, dict(values)).first()
        text = self._compiled(tx)
        # All of them, so that the statement is at its end: an open one would hold up the commit.
        found = tx.sqlite.execute(text.words, text.bound(values)).fetchall()
        return text.row(found[0]) if found else None

    def number(self, tx: Transaction, values: Mapping[str, Any]) -> int:
        """Run an INSERT of one row; the number that its table gave it.

        SQLite tells it beside the answer; RETURNING would cost a third of the whole statement.
        """
        if tx.sqlite is None:
            key = tx.execute(self._statement, dict(values)).inserted_primary_key
            return int(key[0]) if key else 0
        text = self._compiled(tx)
        return int(tx.sqlite.execute(text.words, text.bound(values)).lastrowid or 0)

    def _compiled(self, tx: Transaction) -> _SqliteText:
        if self._text is None:
            self._text = _SqliteText(self._statement, self._columns, tx.connection.dialect)
        return self._text


class _SqliteText:
    """The words of a statement, the order of its values, and what turns values into SQLite's and back."""

    def __init__(self, statement: sa.sql.selectable.ReturnsRows, columns: Sequence[str], dialect: sa.Dialect) -> None:
        compiled = statement.compile(
            dialect=dialect, column_keys=list(columns) or None, compile_kwargs={"render_postcompile": True}
        )
        self.words = str(compiled)
        names: Sequence[str] = compiled.positiontup or ()
        self._fixed = {name: bind.effective_value for name, bind in compiled.binds.items() if not bind.required}
        self._fixed |= _defaults(statement)
        self._pick = _in_order(names)
        self._bound = [
            (place, convert)
            for place, name in enumerate(names)
            if (convert := compiled.binds[name].type.dialect_impl(dialect).bind_processor(dialect)) is not None
        ]
        shown = list(statement.exported_columns)
        self._converts = [
            (place, convert)
            for place, column in enumerate(shown)
            if (convert := column.type.dialect_impl(dialect).result_processor(dialect, None)) is not None
        ]
        named = NamedTuple("Row", [(str(column.key), Any) for column in shown])  # type: ignore[misc]
        self._row: Callable[[Sequence[Any]], Any] = named._make

    def bound(self, values: Mapping[str, Any]) -> Sequence[Any]:
        """The values in the order of the statement, as SQLite keeps them."""
        found = self._pick({**self._fixed, **values} if self._fixed else values)
        if not self._bound:
            return found
        cells = list(found)
        for place, convert in self._bound:
            cells[place] = convert(cells[place])
        return cells

    def row(self, found: Sequence[Any]) -> Any:
        """A row as its types say, with names."""
        if not self._converts:
            return self._row(found)
        cells = list(found)
        for place, convert in self._converts:
            cells[place] = convert(cells[place])
        return self._row(cells)


def _in_order(names: Sequence[str]) -> Callable[[Mapping[str, Any]], tuple[Any, ...]]:
    """What takes these values out of a mapping; `itemgetter` makes no tuple of one alone."""
    if len(names) > 1:
        return itemgetter(*names)
    return lambda values: tuple(values[name] for name in names)


def _defaults(statement: sa.sql.selectable.ReturnsRows) -> dict[str, Any]:
    """What an INSERT puts into columns that it is not given."""
    if not isinstance(statement, sa.Insert):
        return {}
    columns = statement.table.columns
    nothing = {column.key: None for column in columns if column.nullable}
    given = {column.key: column.default for column in columns if column.default is not None}
    return nothing | {
        name: default.arg for name, default in given.items() if isinstance(default, ScalarElementColumnDefault)
    }
