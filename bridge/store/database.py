"""What a transaction is, and the face of both engines; every part with state uses it.

A transaction is an ordinary function that is given a `Transaction` (docs/decisions/0001): it cannot await, so no
network call can happen while one is open, and it costs one thread hop however many statements it runs. `engines` opens
a database, `sqlite` and `postgres` are the two.
"""

from __future__ import annotations

import sqlite3
import zlib
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.engine import Connection, CursorResult

from bridge.errors import DatabaseFault

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class WakeUp:
    """A job asked for inside a transaction; written by the jobs engine just before that transaction commits."""

    kind: str
    key: str
    due_in: float = 0.0  #: seconds from now
    priority: int = 0  #: higher goes first


@dataclass(slots=True)
class Transaction:
    """One open transaction. Whoever opened it owns the commit; store functions only use it."""

    connection: Connection
    is_postgres: bool
    sqlite: sqlite3.Connection | None = None  #: the driver's, for `prepared`; None on PostgreSQL
    wake_ups: list[WakeUp] = field(default_factory=list)
    topics: set[str] = field(default_factory=set)

    def execute(self, statement: sa.Executable, values: Any = None) -> CursorResult[Any]:
        """Run one statement; `values` may be a list of mappings for many rows."""
        return self.connection.execute(statement, values)

    def lock(self, name: str) -> None:
        """Hold `name` until the transaction ends. SQLite has one writer, so there it is held already."""
        if self.is_postgres:
            number = zlib.crc32(name.encode())
            self.connection.execute(sa.text("SELECT pg_advisory_xact_lock(7, :n)"), {"n": number - 2**31})

    def wake(self, job: WakeUp) -> None:
        """Ask for a job, in this transaction: it exists if and only if the transaction commits."""
        self.wake_ups.append(job)

    def touch(self, topic: str) -> None:
        """Say that what readers see of `topic` changes with this transaction, so cached bytes of it are dropped."""
        self.topics.add(topic)


#: Writes the wake-ups of a transaction as rows of the jobs engine, inside that transaction.
SyncEnqueue = Callable[[Transaction, Sequence[WakeUp]], None]

#: Hears, in the event loop and before the writer is answered, which topics a committed transaction touched.
Listener = Callable[[frozenset[str]], None]


class Database:
    """The face of both engines; made by `open_database`."""

    is_postgres: bool
    url: str

    def __init__(self) -> None:
        self._listeners: list[Listener] = []

    def use_jobs(self, enqueue: Any) -> None:
        """Let the jobs engine write the wake-ups of each transaction, in the engine's own way."""
        raise NotImplementedError

    def listen(self, listener: Listener) -> None:
        """Have `listener` told of every change this process commits."""
        self._listeners.append(listener)

    def _tell(self, topics: Collection[str]) -> None:
        for listener in self._listeners if topics else ():
            listener(frozenset(topics))

    async def write(self, work: Callable[[Transaction], T]) -> T:
        """Run `work` in a writing transaction and return its result once it is committed.

        It may run again, after it was taken back, because another function in the same transaction failed: so it
        changes nothing but the database.
        """
        raise NotImplementedError

    async def jot(self, work: Callable[[Transaction], T]) -> T:
        """`write` for a few rows found by key: where SQLite needs less time than a hop to a thread, it makes none."""
        return await self.write(work)

    async def read(self, work: Callable[[Transaction], T]) -> T:
        """Run `work` in a reading transaction."""
        raise NotImplementedError

    async def glance(self, work: Callable[[Transaction], T]) -> T:
        """`read` for one statement that finds a row or two by key: SQLite needs less time than a hop to a thread."""
        return await self.read(work)

    async def look(self) -> None:
        """Tell the listeners what other processes have committed, where that can be seen for next to nothing (SQLite).

        While it cannot be read they hear nothing.
        """

    async def follow(self, connected: Callable[[], None]) -> None:
        """Tell the listeners what other processes commit; runs until cancelled.

        `connected` is called when it can be heard of, once or more often. Raises DatabaseFault when it no longer can.
        """
        raise NotImplementedError

    async def close(self) -> None:
        """Finish what was begun and let go of every connection."""
        raise NotImplementedError


def no_engine(tx: Transaction, wake_ups: Sequence[WakeUp]) -> None:
    raise RuntimeError("a job was asked for before the jobs engine was joined to the database")


def told(error: BaseException) -> BaseException:
    """The driver's error as one of ours, so that only `store` knows the driver."""
    if not isinstance(error, sa.exc.SQLAlchemyError | sqlite3.Error | OSError):
        return error
    cause = getattr(error, "orig", None) or error
    what = str(cause).splitlines()[0] if str(cause) else type(cause).__name__
    fault = DatabaseFault(f"the database failed: {what}; {_cure(what)}")
    fault.__cause__ = error
    return fault


def _cure(what: str) -> str:
    """What to do about a driver's words."""
    if "no such table" in what or ("relation" in what and "does not exist" in what):
        return "`rundbrief init DIR` makes its tables"
    if "no such column" in what or ("column" in what and "does not exist" in what):
        return "an older Rundbrief made its tables, and the next start of `rundbrief serve` brings them up to date"
    if "locked" in what:
        return "another program holds it: try again when that is done"
    if "is full" in what or "No space left" in what:
        return "make room on the disk that holds it"
    if "disk I/O" in what:
        return "see that the disk that holds it has room and is sound"
    if "readonly" in what or "read-only" in what:
        return "let the user who runs this write its file and the folder around it"
    if "malformed" in what or "not a database" in what:
        return "put its file back from a backup"
    return "see that it runs, and that [database] url in config.toml is right"
