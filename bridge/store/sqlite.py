"""A path -> the embedded database: one file, one `Writer`, a few reading threads.

Other processes (the command line, a git hook) write to the same file; `busy_timeout` and BEGIN IMMEDIATE keep them
apart.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sqlite3
import stat
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bridge.errors import DatabaseFault, UserFault
from bridge.store import changes
from bridge.store.database import Database, SyncEnqueue, Transaction, told
from bridge.store.sqlite_writer import BUSY_MILLISECONDS, Writer, driver_of, transaction

T = TypeVar("T")
_READERS = 3
_LOOK_EVERY_SECONDS = 0.25
_OTHERS = 0o007
#: How every SQLite file begins (sqlite.org/fileformat.html, 1.3); an empty file becomes one.
_MAGIC = b"SQLite format 3\0"


class SqliteDatabase(Database):
    """One file; one process may have it open several times, and several processes at once."""

    is_postgres = False

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.url = f"sqlite:///{path}"
        self._writing = _sqlite_engine(path, read_only=False)
        self._reading = _sqlite_engine(path, read_only=True)
        self._readers = ThreadPoolExecutor(_READERS, thread_name_prefix="sqlite-read")
        self._glancing = self._reading.connect()
        self._glancing_driver = driver_of(self._glancing)
        self._glancing_driver.execute("PRAGMA busy_timeout=0")
        self._writer = Writer(self._writing, self._tell)
        self._version: int | None = None
        self._newest: int | None = None  #: of the changes that were heard of

    def use_jobs(self, enqueue: SyncEnqueue, *, woken: Callable[[], None] | None = None) -> None:
        """Let the jobs engine write the wake-ups of each transaction, and hear in the event loop of those committed."""
        self._writer.enqueue = enqueue
        if woken is not None:
            self._writer.woken = woken

    async def write(self, work: Callable[[Transaction], T]) -> T:
        return await self._writer.ask(work, is_brief=False)

    async def jot(self, work: Callable[[Transaction], T]) -> T:
        return await self._writer.ask(work, is_brief=True)

    async def read(self, work: Callable[[Transaction], T]) -> T:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._readers, self._read, work)
        except (sa.exc.SQLAlchemyError, sqlite3.Error) as error:
            raise told(error) from error

    async def glance(self, work: Callable[[Transaction], T]) -> T:
        try:
            return work(Transaction(self._glancing, is_postgres=False, sqlite=self._glancing_driver))
        except (sa.exc.OperationalError, sqlite3.OperationalError):
            return await self.read(work)  # the file is locked at this moment: that may take a while

    async def look(self) -> None:
        with contextlib.suppress(DatabaseFault):
            await self._catch_up()

    async def follow(self, connected: Callable[[], None]) -> None:
        while True:
            await self._catch_up()
            connected()
            await asyncio.sleep(_LOOK_EVERY_SECONDS)

    async def _catch_up(self) -> None:
        """Hear of what was changed since the last time. Raises DatabaseFault."""
        try:
            # Another number once any other connection has committed, whatever its process.
            version = self._glancing_driver.execute("PRAGMA data_version").fetchone()[0]
        except sqlite3.Error as error:
            raise told(error) from error
        if version == self._version:
            return
        if self._newest is None:
            self._newest = await self.glance(changes.newest)
        since = self._newest
        self._newest, topics = await self.glance(lambda tx: changes.after(tx, since))
        self._version = version
        self._tell(topics)

    def _read(self, work: Callable[[Transaction], T]) -> T:
        with self._reading.connect() as connection:
            return _in_one_snapshot(connection, work)

    async def close(self) -> None:
        await self._writer.close()
        self._readers.shutdown()
        self._glancing.close()
        self._writing.dispose()
        self._reading.dispose()


def _in_one_snapshot(connection: Connection, work: Callable[[Transaction], T]) -> T:
    driver_of(connection).execute("BEGIN")
    try:
        return work(transaction(connection))
    finally:
        driver_of(connection).execute("COMMIT")


def _sqlite_engine(path: Path, *, read_only: bool) -> sa.Engine:
    """An engine in autocommit, so that BEGIN IMMEDIATE is ours to say."""

    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        connection.execute(f"PRAGMA busy_timeout={BUSY_MILLISECONDS}")
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA foreign_keys=ON")
        # In pages of 4 KB. What is written again and again goes into the file proper once in 16 MB, not once in four.
        connection.execute("PRAGMA wal_autocheckpoint=4000")
        connection.execute("PRAGMA journal_size_limit=67108864")
        if read_only:
            connection.execute("PRAGMA query_only=ON")
        else:
            # In KB, of which SQLite takes 2,000 by itself: too little for the trees that every reply is written to.
            connection.execute("PRAGMA cache_size=-8000")
        return connection

    return sa.create_engine(
        "sqlite://",
        creator=connect,
        poolclass=sa.pool.QueuePool,
        isolation_level="AUTOCOMMIT",
        pool_size=_READERS + 1 if read_only else 1,
    )


def sqlite_path(url: str, *, folder: Path, make: bool = False) -> Path:
    """The file of a `sqlite:` address, seen to be writable. Raises UserFault with what to do.

    Only `make` makes one that is not there: in its place an empty one would be a new account under the old address.
    """
    path = folder / url.removeprefix("sqlite:")
    if not path.parent.is_dir():
        raise UserFault(f"the folder of the database does not exist: {path.parent}; make it or correct [database] url")
    if path.is_dir():
        raise UserFault(f"the database {path} is a folder; correct [database] url")
    if not make and not path.exists():
        raise UserFault(
            f"the database {path} is not there; put it back from a backup, or start over with `rundbrief init DIR`: "
            "as another account, which nobody follows yet"
        )
    try:
        with open(path, "a+b", opener=_for_us_alone) as file:
            file.seek(0)
            start = file.read(len(_MAGIC))
            # Private replies stand in it. A group may share it, if its owner let it.
            if (mode := os.fstat(file.fileno()).st_mode) & _OTHERS:
                with contextlib.suppress(PermissionError):
                    os.fchmod(file.fileno(), stat.S_IMODE(mode) & ~_OTHERS)
    except OSError as error:
        raise UserFault(
            f"the database {path} cannot be written: {error.strerror}; run this as the user who owns it"
        ) from error
    if start not in (b"", _MAGIC):
        raise UserFault(f"{path} is not an SQLite database, or is damaged; put it back from a backup")
    return path


def _for_us_alone(path: str, flags: int) -> int:
    """Opens a file, which if it is new nobody else may read; SQLite gives the files beside it the same mode."""
    return os.open(path, flags, 0o600)
