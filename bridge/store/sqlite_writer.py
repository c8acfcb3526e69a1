"""Functions that want to write -> committed together, in turns between the event loop and one thread; for `sqlite`.

What waits at the same moment shares one BEGIN IMMEDIATE … COMMIT, and is answered only after the commit; so
`synchronous=FULL` costs little. A function that fails takes only itself back.

Brief work runs in the event loop: SQLite needs less time for it than two threads need to hand Python's interpreter back
and forth around each statement (fifteen system calls for one reply, measured). What waits for the disk, or for another
process that writes, always waits in the thread.
"""

from __future__ import annotations

import asyncio
import contextlib
import queue
import sqlite3
import threading
from collections.abc import Callable
from typing import Any, Generic, TypeVar

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bridge.store import changes
from bridge.store.database import SyncEnqueue, Transaction, no_engine, told

T = TypeVar("T")
#: How long a connection waits for another that writes.
BUSY_MILLISECONDS = 5_000
_LARGEST_GROUP = 200
#: So much brief work holds up whoever else the event loop serves for some milliseconds.
_LARGEST_BRIEF_GROUP = 32


class _Asked(Generic[T]):
    """One function that waits for its turn, and where its answer goes."""

    __slots__ = ("error", "future", "has_jobs", "is_brief", "result", "topics", "work")

    def __init__(self, work: Callable[[Transaction], T], future: asyncio.Future[T], *, is_brief: bool) -> None:
        self.work = work
        self.future = future
        self.is_brief = is_brief
        self.result: T | None = None
        self.error: BaseException | None = None
        self.topics: set[str] = set()
        self.has_jobs = False

    def answer(self) -> None:
        """Called in the event loop."""
        if self.future.done():
            return
        if self.error is not None:
            self.future.set_exception(told(self.error))
        else:
            self.future.set_result(self.result)  # type: ignore[arg-type]


class Writer:
    """One connection, which the event loop and the thread use in turns. All of one `Writer` is asked in one loop."""

    def __init__(self, engine: sa.Engine, tell: Callable[[set[str]], None]) -> None:
        self.enqueue: SyncEnqueue = no_engine
        #: Called in the event loop when jobs were committed.
        self.woken: Callable[[], None] = _nobody_waits
        self._engine = engine
        self._tell = tell
        self._connection: Connection | None = None
        self._waiting: list[_Asked[Any]] = []
        self._is_writing = False
        self._groups: queue.SimpleQueue[tuple[list[_Asked[Any]], bool] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._commit_until_closed, name="sqlite-write", daemon=True)
        self._thread.start()

    async def ask(self, work: Callable[[Transaction], T], *, is_brief: bool) -> T:
        """The result of `work` once it is committed."""
        loop = asyncio.get_running_loop()
        asked = _Asked(work, loop.create_future(), is_brief=is_brief)
        self._waiting.append(asked)
        if not self._is_writing and len(self._waiting) == 1:
            loop.call_soon(self._begin)  # not at once: what the loop has at hand at this moment goes together
        result: T = await asked.future
        return result

    async def close(self) -> None:
        """Finish what was asked, and let go of the connection."""
        if self._waiting or self._is_writing:
            with contextlib.suppress(Exception):
                await self.ask(lambda tx: None, is_brief=False)
        self._groups.put(None)
        await asyncio.get_running_loop().run_in_executor(None, self._thread.join)
        if self._connection is not None:
            self._connection.close()

    # --- in the event loop ---

    def _begin(self) -> None:
        if self._is_writing or not self._waiting:
            return
        is_brief = all(asked.is_brief for asked in self._waiting[:_LARGEST_BRIEF_GROUP])
        size = _LARGEST_BRIEF_GROUP if is_brief else _LARGEST_GROUP
        group, self._waiting = self._waiting[:size], self._waiting[size:]
        self._is_writing = True
        self._groups.put((group, is_brief and self._run_here(group)))

    def _run_here(self, group: list[_Asked[Any]]) -> bool:
        """Run brief work up to its commit; False where the thread must do it, and nothing was done."""
        if self._connection is None:
            return False
        try:
            _say(self._connection, "BEGIN IMMEDIATE")
        except sqlite3.Error:
            return False  # another process writes; and whatever else it is, the thread will tell
        return self._run_all(self._connection, group)

    def _end(self, group: list[_Asked[Any]]) -> None:
        self._is_writing = False
        done = [asked for asked in group if asked.error is None]
        self._tell(set().union(*(asked.topics for asked in done)))
        if any(asked.has_jobs for asked in done):
            self.woken()
        for asked in group:
            asked.answer()
        if self._waiting:
            group[0].future.get_loop().call_soon(self._begin)

    # --- in either ---

    def _run_all(self, connection: Connection, group: list[_Asked[Any]]) -> bool:
        """Run them in the open transaction; False where one failed, and all was taken back."""
        driver = driver_of(connection)
        try:
            if all(self._run(Transaction(connection, is_postgres=False, sqlite=driver), asked) for asked in group):
                changes.record(transaction(connection), set().union(*(asked.topics for asked in group)))
                return True
        except Exception as error:  # noqa: BLE001 - the callers must hear of it
            for asked in group:
                asked.error = asked.error or error
        _roll_back(connection)
        return False

    def _run(self, tx: Transaction, asked: _Asked[Any]) -> bool:
        """One function in the open transaction; whether it ended well."""
        asked.error = None
        try:
            asked.result = asked.work(tx)
            if tx.wake_ups:
                self.enqueue(tx, tx.wake_ups)
        except Exception as error:  # noqa: BLE001 - handed to the caller
            asked.error = error
            return False
        asked.topics, asked.has_jobs = tx.topics, bool(tx.wake_ups)
        return True

    # --- in the thread ---

    def _commit_until_closed(self) -> None:
        while (handed := self._groups.get()) is not None:
            group, is_run = handed
            try:
                if is_run and self._connection is not None:
                    _say(self._connection, "COMMIT")
                else:
                    self._write(self._connected(), group)
            except BaseException as error:  # noqa: BLE001 - whoever asks must hear of it, or would wait for ever
                if self._connection is not None:
                    _roll_back(self._connection)
                for asked in group:
                    asked.error = asked.error or error
            loop = group[0].future.get_loop()
            if not loop.is_closed():
                loop.call_soon_threadsafe(self._end, group)

    def _connected(self) -> Connection:
        if self._connection is None:
            self._connection = self._engine.connect()
        return self._connection

    def _write(self, connection: Connection, group: list[_Asked[Any]]) -> None:
        """One transaction for the whole group; where a function fails, each runs again in one of its own."""
        _say(connection, f"PRAGMA busy_timeout={BUSY_MILLISECONDS}")
        try:
            if not self._in_one_transaction(connection, group) and len(group) > 1:
                for asked in group:
                    self._in_one_transaction(connection, [asked])
        finally:
            _say(connection, "PRAGMA busy_timeout=0")  # the event loop does not wait

    def _in_one_transaction(self, connection: Connection, group: list[_Asked[Any]]) -> bool:
        """Run and commit them; False where one failed, and nothing of any was kept. Raises what SQLite does."""
        _say(connection, "BEGIN IMMEDIATE")
        if not self._run_all(connection, group):
            return False
        _say(connection, "COMMIT")
        return True


def _nobody_waits() -> None:
    """For a process that asks for jobs and does none."""


def transaction(connection: Connection) -> Transaction:
    """What is open on a connection to SQLite."""
    return Transaction(connection, is_postgres=False, sqlite=driver_of(connection))


def driver_of(connection: Connection) -> sqlite3.Connection:
    """The driver's own connection."""
    driver = connection.connection.driver_connection
    if not isinstance(driver, sqlite3.Connection):
        raise TypeError("only SQLite is spoken to like this")
    return driver


def _say(connection: Connection, words: str) -> None:
    """Begin, end or prepare a transaction: straight to SQLite, because these few words are said for every group."""
    driver_of(connection).execute(words)


def _roll_back(connection: Connection) -> None:
    # Where BEGIN itself had failed, no transaction is open.
    with contextlib.suppress(sqlite3.Error):
        _say(connection, "ROLLBACK")
