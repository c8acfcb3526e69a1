"""A `postgresql://` address -> `Database`, one pooled connection a transaction; several machines may use it at once.

`engines.open_database` loads this module only for such an address.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from bridge.store import changes
from bridge.store.database import Database, Transaction, WakeUp, no_engine, told

T = TypeVar("T")

#: Writes the wake-ups of a transaction as jobs, on that transaction's connection.
AsyncEnqueue = Callable[[AsyncConnection, Sequence[WakeUp]], Any]


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
                await connection.run_sync(_record_changes, tx.topics)
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

    async def close(self) -> None:
        await self.engine.dispose()


def _run(connection: Connection, work: Callable[[Transaction], T]) -> tuple[Transaction, T]:
    tx = Transaction(connection, is_postgres=True)
    return tx, work(tx)


def _record_changes(connection: Connection, topics: set[str]) -> None:
    changes.record(Transaction(connection, is_postgres=True), topics)
