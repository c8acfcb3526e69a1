"""A database address -> `Database`, which runs synchronous functions in transactions; every part with state uses it.

A transaction is an ordinary function that is given a `Transaction` (docs/decisions/0001): it cannot await, so no
network call can happen while one is open, and it costs one thread hop however many statements it runs.

SQLite: one thread writes. What waits at the same moment shares one BEGIN IMMEDIATE … COMMIT, each function in a
savepoint of its own, and is answered only after the commit; so `synchronous=FULL` costs little. Other processes (the
command line, a git hook) write to the same file; `busy_timeout` and BEGIN IMMEDIATE keep them apart.
PostgreSQL: one pooled connection a transaction, through asyncpg.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import queue
import sqlite3
import threading
import zlib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar

import sqlalchemy as sa
from sqlalchemy.engine import Connection, CursorResult

from bridge.clock import utc_now
from bridge.errors import DatabaseFault, UserFault
from bridge.store.schema import changes

T = TypeVar("T")
_BUSY_MILLISECONDS = 5_000
_LARGEST_GROUP = 200
_READERS = 3
#: How every SQLite file begins (sqlite.org/fileformat.html, 1.3); an empty file becomes one.
_MAGIC = b"SQLite format 3\0"


@dataclass(frozen=True, kw_only=True)
class WakeUp:
    """A job asked for inside a transaction; written by the jobs engine just before that transaction commits."""

    kind: str
    key: str
    due_in: float = 0.0  #: seconds from now
    priority: int = 0  #: higher goes first


@dataclass
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

    def _tell(self, topics: set[str]) -> None:
        for listener in self._listeners if topics else ():
            listener(frozenset(topics))

    async def write(self, work: Callable[[Transaction], T]) -> T:
        """Run `work` in a writing transaction and return its result once it is committed."""
        raise NotImplementedError

    async def read(self, work: Callable[[Transaction], T]) -> T:
        """Run `work` in a reading transaction."""
        raise NotImplementedError

    async def glance(self, work: Callable[[Transaction], T]) -> T:
        """`read` for a row or two found by key: SQLite gives them in less time than a hop to a thread takes."""
        return await self.read(work)

    async def close(self) -> None:
        """Finish what was begun and let go of every connection."""
        raise NotImplementedError


class _Asked(Generic[T]):
    """One function that waits for the writer thread, and where its answer goes."""

    __slots__ = ("error", "future", "loop", "result", "topics", "work")

    def __init__(self, work: Callable[[Transaction], T], loop: asyncio.AbstractEventLoop) -> None:
        self.work = work
        self.loop = loop
        self.future: asyncio.Future[T] = loop.create_future()
        self.result: T | None = None
        self.error: BaseException | None = None
        self.topics: set[str] = set()

    def answer(self) -> None:
        """Called in the event loop."""
        if self.future.done():
            return
        if self.error is not None:
            self.future.set_exception(told(self.error))
        else:
            self.future.set_result(self.result)  # type: ignore[arg-type]


class SqliteDatabase(Database):
    """One file, one writing thread, a few reading ones."""

    is_postgres = False

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.url = f"sqlite:///{path}"
        self._path = path
        self._writing = _sqlite_engine(path, read_only=False)
        self._reading = _sqlite_engine(path, read_only=True)
        self._readers = ThreadPoolExecutor(_READERS, thread_name_prefix="sqlite-read")
        self._glancing = self._reading.connect()
        _driver(self._glancing).execute("PRAGMA busy_timeout=0")
        self._gathered: list[_Asked[Any]] = []
        self._asked: queue.SimpleQueue[list[_Asked[Any]] | None] = queue.SimpleQueue()
        self._enqueue: SyncEnqueue = no_engine
        self._thread = threading.Thread(target=self._write_until_closed, name="sqlite-write", daemon=True)
        self._thread.start()

    def use_jobs(self, enqueue: SyncEnqueue) -> None:
        """Let the jobs engine write the wake-ups of each transaction."""
        self._enqueue = enqueue

    async def write(self, work: Callable[[Transaction], T]) -> T:
        loop = asyncio.get_running_loop()
        asked = _Asked(work, loop)
        # What the loop has at hand at this moment is handed over together: the threads change places once for it all.
        if not self._gathered or self._gathered[-1].loop is not loop:
            loop.call_soon(self._hand_over)
        self._gathered.append(asked)
        return await asked.future

    def _hand_over(self) -> None:
        if self._gathered:
            self._asked.put(self._gathered)
            self._gathered = []

    async def read(self, work: Callable[[Transaction], T]) -> T:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._readers, self._read, work)
        except (sa.exc.SQLAlchemyError, sqlite3.Error) as error:
            raise told(error) from error

    async def glance(self, work: Callable[[Transaction], T]) -> T:
        try:
            return _in_one_snapshot(self._glancing, work)
        except (sa.exc.OperationalError, sqlite3.OperationalError):
            return await self.read(work)  # the file is locked at this moment: that may take a while

    def _read(self, work: Callable[[Transaction], T]) -> T:
        with self._reading.connect() as connection:
            return _in_one_snapshot(connection, work)

    async def close(self) -> None:
        self._hand_over()
        self._asked.put(None)
        await asyncio.get_running_loop().run_in_executor(None, self._thread.join)
        self._readers.shutdown()
        self._glancing.close()
        self._writing.dispose()
        self._reading.dispose()

    def _write_until_closed(self) -> None:
        try:
            connection = self._writing.connect()
        except Exception as error:  # noqa: BLE001 - whoever asks must hear of it, or would wait for ever
            self._refuse_until_closed(error)
            return
        with connection:
            while (first := self._asked.get()) is not None:
                group, last = first, False
                while len(group) < _LARGEST_GROUP:
                    try:
                        more = self._asked.get_nowait()
                    except queue.Empty:
                        break
                    if more is None:
                        last = True
                        break
                    group += more
                self._write_group(connection, group)
                if last:
                    return

    def _refuse_until_closed(self, error: Exception) -> None:
        while (group := self._asked.get()) is not None:
            for asked in group:
                asked.error = error
            self._send_back(group)

    def _write_group(self, connection: Connection, group: list[_Asked[Any]]) -> None:
        """One transaction for the whole group; a function that fails takes back its own changes only."""
        try:
            _say(connection, "BEGIN IMMEDIATE")
            for asked in group:
                self._write_one(connection, asked, alone=len(group) == 1)
            note_changes(connection, set().union(*(asked.topics for asked in group)))
            _say(connection, "COMMIT")
        except BaseException as error:  # noqa: BLE001 - the callers must hear of it, whatever it is
            _roll_back(connection)
            for asked in group:
                asked.error = asked.error or error
        self._send_back(group)

    def _send_back(self, group: list[_Asked[Any]]) -> None:
        for loop in {asked.loop for asked in group}:
            if not loop.is_closed():
                loop.call_soon_threadsafe(self._answer, [asked for asked in group if asked.loop is loop])

    def _answer(self, group: list[_Asked[Any]]) -> None:
        self._tell(set().union(*(asked.topics for asked in group if asked.error is None)))
        for asked in group:
            asked.answer()

    def _write_one(self, connection: Connection, asked: _Asked[Any], *, alone: bool) -> None:
        tx = Transaction(connection, is_postgres=False, sqlite=_driver(connection))
        if not alone:
            _say(connection, "SAVEPOINT one")
        try:
            asked.result = asked.work(tx)
            if tx.wake_ups:
                self._enqueue(tx, tx.wake_ups)
            asked.topics = tx.topics
        except Exception as error:  # noqa: BLE001 - handed to the caller
            asked.error = error
            _say(connection, "ROLLBACK" if alone else "ROLLBACK TO one")
            if alone:
                _say(connection, "BEGIN IMMEDIATE")
        if not alone:
            _say(connection, "RELEASE one")


def note_changes(connection: Connection, topics: set[str]) -> None:
    """Tell other processes, through the table that they read."""
    if topics:
        now = utc_now()
        connection.execute(_INSERT_CHANGES, [{"topic": topic, "at": now} for topic in sorted(topics)])


_INSERT_CHANGES = sa.insert(changes)


def _in_one_snapshot(connection: Connection, work: Callable[[Transaction], T]) -> T:
    _say(connection, "BEGIN")
    try:
        return work(Transaction(connection, is_postgres=False, sqlite=_driver(connection)))
    finally:
        _say(connection, "COMMIT")


def _say(connection: Connection, words: str) -> None:
    """Begin, end or mark a transaction: straight to SQLite, because these few words are said for every group."""
    _driver(connection).execute(words)


def _driver(connection: Connection) -> sqlite3.Connection:
    driver = connection.connection.driver_connection
    if not isinstance(driver, sqlite3.Connection):
        raise TypeError("only SQLite is spoken to like this")
    return driver


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
    if "locked" in what:
        return "another program holds it: try again when that is done"
    if "malformed" in what or "not a database" in what:
        return "put its file back from a backup"
    return "see that it runs, and that [database] url in config.toml is right"


def _roll_back(connection: Connection) -> None:
    # Where BEGIN itself had failed, no transaction is open.
    with contextlib.suppress(sqlite3.Error):
        _say(connection, "ROLLBACK")


def no_engine(tx: Transaction, wake_ups: Sequence[WakeUp]) -> None:
    raise RuntimeError("a job was asked for before the jobs engine was joined to the database")


def _sqlite_engine(path: Path, *, read_only: bool) -> sa.Engine:
    """An engine in autocommit, so that BEGIN IMMEDIATE is ours to say."""

    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        connection.execute(f"PRAGMA busy_timeout={_BUSY_MILLISECONDS}")
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA foreign_keys=ON")
        connection.execute("PRAGMA journal_size_limit=67108864")
        if read_only:
            connection.execute("PRAGMA query_only=ON")
        return connection

    return sa.create_engine(
        "sqlite://",
        creator=connect,
        poolclass=sa.pool.QueuePool,
        isolation_level="AUTOCOMMIT",
        pool_size=_READERS + 1 if read_only else 1,
    )


def open_database(url: str, *, folder: Path) -> Database:
    """The database of `[database] url`; a relative SQLite path counts from the blog's folder.

    Raises UserFault, or DatabaseFault for a file that is damaged or held by another program.
    """
    if url.startswith("postgresql://"):
        # Loaded where it is used: with SQLAlchemy's asyncio half it is a third of a second of every start.
        opened: Database = importlib.import_module("bridge.store.postgres").PostgresDatabase(url)
        return opened
    try:
        return SqliteDatabase(sqlite_path(url, folder=folder))
    except (sa.exc.SQLAlchemyError, sqlite3.Error) as error:
        raise told(error) from error


def sqlite_path(url: str, *, folder: Path) -> Path:
    """The file of a `sqlite:` address, seen to be writable. Raises UserFault with what to do."""
    path = folder / url.removeprefix("sqlite:")
    if not path.parent.is_dir():
        raise UserFault(f"the folder of the database does not exist: {path.parent}; make it or correct [database] url")
    if path.is_dir():
        raise UserFault(f"the database {path} is a folder; correct [database] url")
    try:
        with path.open("a+b") as file:
            file.seek(0)
            start = file.read(len(_MAGIC))
    except OSError as error:
        raise UserFault(
            f"the database {path} cannot be written: {error.strerror}; run this as the user who owns it"
        ) from error
    if start not in (b"", _MAGIC):
        raise UserFault(f"{path} is no SQLite database, or a damaged one; put it back from a backup")
    return path
