"""A `postgresql://` address -> `Database`, one pooled connection a transaction; several machines may use it at once.

`engines.open_database` loads this module only for such an address. What a transaction changes is called out with its
commit (NOTIFY), and one connection of each serving process listens.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import asyncpg
import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from bridge.errors import DatabaseFault
from bridge.store import changes
from bridge.store.database import Database, Transaction, WakeUp, no_engine, told

T = TypeVar("T")

#: Writes the wake-ups of a transaction as jobs, on that transaction's connection.
AsyncEnqueue = Callable[[AsyncConnection, Sequence[WakeUp]], Any]


_CHANNEL = "rundbrief_changes"
_CALL_OUT = sa.text(
    f"SELECT pg_notify('{_CHANNEL}', CAST(:whose AS text) || ' ' || topic) "
    "FROM unnest(CAST(:topics AS text[])) AS topic"
)
#: How long a connection that was lost without a word may pass for a silent one.
_ASK_EVERY_SECONDS = 10.0
_ANSWER_WITHIN_SECONDS = 5.0


class PostgresDatabase(Database):
    """A server; several machines may use it at once."""

    is_postgres = True

    def __init__(self, url: str) -> None:
        super().__init__()
        self.url = url
        self.engine: AsyncEngine = create_async_engine(
            url.replace("postgresql://", "postgresql+asyncpg://", 1), pool_size=10, max_overflow=10, pool_pre_ping=True
        )
        self._enqueue: AsyncEnqueue | None = None
        self._name = secrets.token_hex(8)  #: tells our own changes, which we heard of with the commit

    def use_jobs(self, enqueue: AsyncEnqueue) -> None:
        """Let the jobs engine write the wake-ups of each transaction."""
        self._enqueue = enqueue

    async def write(self, work: Callable[[Transaction], T]) -> T:
        try:
            async with self.engine.begin() as connection:
                tx, result = await connection.run_sync(_run, work)
                if tx.wake_ups:
                    if self._enqueue is None:
                        no_engine(tx, tx.wake_ups)
                    else:
                        await self._enqueue(connection, tx.wake_ups)
                if tx.topics:
                    await connection.execute(_CALL_OUT, {"whose": self._name, "topics": sorted(tx.topics)})
        except (sa.exc.SQLAlchemyError, OSError) as error:
            raise told(error) from error
        self._tell(tx.topics)
        return result

    async def read(self, work: Callable[[Transaction], T]) -> T:
        try:
            async with self.engine.connect() as connection:
                _, result = await connection.run_sync(_run, work)
                return result
        except (sa.exc.SQLAlchemyError, OSError) as error:
            raise told(error) from error

    async def follow(self, connected: Callable[[], None]) -> None:
        try:
            listening = await asyncpg.connect(self.url, timeout=_ANSWER_WITHIN_SECONDS)
            try:
                await listening.add_listener(_CHANNEL, self._hear)
                self._tell({changes.ANYTHING})  # what was committed while nobody listened
                connected()
                await _until_lost(listening)
            finally:
                listening.terminate()
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
            raise DatabaseFault(f"the database does not answer: {error or type(error).__name__}") from error

    def _hear(self, _connection: object, _pid: int, _channel: str, payload: object) -> None:
        whose, _, topic = str(payload).partition(" ")
        if whose != self._name:
            self._tell({topic})

    async def close(self) -> None:
        await self.engine.dispose()


def _run(connection: Connection, work: Callable[[Transaction], T]) -> tuple[Transaction, T]:
    tx = Transaction(connection, is_postgres=True)
    return tx, work(tx)


async def _until_lost(connection: asyncpg.Connection) -> None:
    """Raises what asyncpg does when it is."""
    while True:
        await asyncio.sleep(_ASK_EVERY_SECONDS)
        await connection.execute("SELECT 1", timeout=_ANSWER_WITHIN_SECONDS)
