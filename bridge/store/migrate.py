"""Bring a database to the schema this program knows; run by `init`, and by `serve`, `web` and `work` at their start.

Alembic is imported here only, and this module only by the commands that may need it.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config as AlembicConfig
from alembic.script import ScriptDirectory
from pgqueuer.adapters.persistence.qb import QueryBuilderEnvironment
from sqlalchemy.engine import Connection
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from bridge.errors import UserFault
from bridge.store.database import told

_FOLDER = Path(__file__).parent / "migrations"


def _settings(connection: Connection | None = None) -> AlembicConfig:
    settings = AlembicConfig()
    settings.set_main_option("script_location", str(_FOLDER))
    settings.attributes["connection"] = connection
    return settings


def migrate(url: str) -> None:
    """Upgrade to the newest schema; several processes at once do it once.

    Raises UserFault for a newer database, DatabaseFault for one that does not answer or is damaged.
    """
    try:
        if url.startswith("postgresql://"):
            asyncio.run(_migrate_postgres(url))
        else:
            _migrate_sqlite(url)
    except (sa.exc.SQLAlchemyError, OSError) as error:
        raise told(error) from error


def _migrate_sqlite(url: str) -> None:
    engine = sa.create_engine(url, connect_args={"timeout": 30})
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA journal_mode=WAL")
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        _upgrade(connection)
        connection.commit()
    engine.dispose()


async def _migrate_postgres(url: str) -> None:
    engine = create_async_engine(url.replace("postgresql://", "postgresql+asyncpg://", 1))
    async with engine.begin() as connection:
        await connection.execute(sa.text("SELECT pg_advisory_xact_lock(7, 0)"))
        await connection.run_sync(_upgrade)
        await _install_queue(connection)
    await engine.dispose()


async def _install_queue(connection: AsyncConnection) -> None:
    """PgQueuer's own tables, once. Its version is pinned; a newer one brings a migration that upgrades them."""
    if not await connection.run_sync(lambda sync: sa.inspect(sync).has_table("pgqueuer")):
        raw = (await connection.get_raw_connection()).driver_connection
        if raw is not None:
            await raw.execute(QueryBuilderEnvironment().build_install_query())


def _upgrade(connection: Connection) -> None:
    known = {step.revision for step in ScriptDirectory.from_config(_settings()).walk_revisions()}
    if sa.inspect(connection).has_table("alembic_version"):
        at = connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()
        if at is not None and at not in known:
            raise UserFault(
                f"the database was made by a newer Rundbrief (schema {at}); install that version or a newer one"
            )
    command.upgrade(_settings(connection), "head")
