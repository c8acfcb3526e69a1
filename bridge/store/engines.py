"""A database address -> the `Database` of its engine."""

from __future__ import annotations

import importlib
import sqlite3
from pathlib import Path

import sqlalchemy as sa

from bridge.store.database import Database, told
from bridge.store.sqlite import SqliteDatabase, sqlite_path


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
