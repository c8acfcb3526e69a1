"""A path -> the embedded database: one file, one writing thread, a few reading ones.

What waits at the same moment shares one BEGIN IMMEDIATE … COMMIT, and is answered only after the commit; so
`synchronous=FULL` costs little. A function that fails takes only itself back. Other processes (the command line, a git
hook) write to the same file; `busy_timeout` and BEGIN IMMEDIATE keep them apart.
"""

from __future__ import annotations

import asyncio
import contextlib
import queue
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Generic, TypeVar

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bridge.errors import UserFault
from bridge.store import changes
from bridge.store.database import Database, SyncEnqueue, Transaction, no_engine, told

T = TypeVar("T")
_BUSY_MILLISECONDS = 5_000
_LARGEST_GROUP = 200
_READERS = 3
#: How every SQLite file begins (sqlite.org/fileformat.html, 1.3); an empty file becomes one.
_MAGIC = b"SQLite format 3\0"


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
        """One transaction for the whole group; where a function fails, each runs again in one of its own."""
        if not self._in_one_transaction(connection, group):
            for asked in group:
                asked.error = None
                self._in_one_transaction(connection, [asked])
        self._send_back(group)

    def _in_one_transaction(self, connection: Connection, group: list[_Asked[Any]]) -> bool:
        """Run and commit them; False where several were begun, one failed, and nothing of any was kept."""
        failed = None
        try:
            _say(connection, "BEGIN IMMEDIATE")
            failed = next((asked for asked in group if not self._run(connection, asked)), None)
            if failed is not None:
                _say(connection, "ROLLBACK")
            else:
                changes.record(_transaction(connection), set().union(*(asked.topics for asked in group)))
                _say(connection, "COMMIT")
        except BaseException as error:  # noqa: BLE001 - the callers must hear of it, whatever it is
            _roll_back(connection)
            for asked in group:
                asked.error = asked.error or error
            return True
        return failed is None or len(group) == 1

    def _send_back(self, group: list[_Asked[Any]]) -> None:
        for loop in {asked.loop for asked in group}:
            if not loop.is_closed():
                loop.call_soon_threadsafe(self._answer, [asked for asked in group if asked.loop is loop])

    def _answer(self, group: list[_Asked[Any]]) -> None:
        self._tell(set().union(*(asked.topics for asked in group if asked.error is None)))
        for asked in group:
            asked.answer()

    def _run(self, connection: Connection, asked: _Asked[Any]) -> bool:
        """One function in the open transaction; whether it ended well."""
        tx = _transaction(connection)
        try:
            asked.result = asked.work(tx)
            if tx.wake_ups:
                self._enqueue(tx, tx.wake_ups)
        except Exception as error:  # noqa: BLE001 - handed to the caller
            asked.error = error
            return False
        asked.topics = tx.topics
        return True


def _in_one_snapshot(connection: Connection, work: Callable[[Transaction], T]) -> T:
    _say(connection, "BEGIN")
    try:
        return work(_transaction(connection))
    finally:
        _say(connection, "COMMIT")


def _transaction(connection: Connection) -> Transaction:
    return Transaction(connection, is_postgres=False, sqlite=_driver(connection))


def _say(connection: Connection, words: str) -> None:
    """Begin, end or mark a transaction: straight to SQLite, because these few words are said for every group."""
    _driver(connection).execute(words)


def _driver(connection: Connection) -> sqlite3.Connection:
    driver = connection.connection.driver_connection
    if not isinstance(driver, sqlite3.Connection):
        raise TypeError("only SQLite is spoken to like this")
    return driver


def _roll_back(connection: Connection) -> None:
    # Where BEGIN itself had failed, no transaction is open.
    with contextlib.suppress(sqlite3.Error):
        _say(connection, "ROLLBACK")


def _sqlite_engine(path: Path, *, read_only: bool) -> sa.Engine:
    """An engine in autocommit, so that BEGIN IMMEDIATE is ours to say."""

    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        connection.execute(f"PRAGMA busy_timeout={_BUSY_MILLISECONDS}")
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA foreign_keys=ON")
        # In pages of 4 KB. What is written again and again goes into the file proper once in 16 MB, not once in four.
        connection.execute("PRAGMA wal_autocheckpoint=4000")
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
