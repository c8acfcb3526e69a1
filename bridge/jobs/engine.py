"""The configured database -> opened, with its engine of jobs joined; `app` and git's hooks open it here.

PgQueuer's engine is loaded where there is PostgreSQL: a blog on SQLite starts without it (docs/decisions/0005).
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from pathlib import Path

from bridge.clock import Clock
from bridge.config import DatabaseConfig
from bridge.jobs.queue import Queue
from bridge.store import jobs
from bridge.store.database import Database
from bridge.store.engines import open_database
from bridge.store.sqlite import SqliteDatabase

_SHARED = "bridge.jobs.shared"


def open_store(config: DatabaseConfig, *, folder: Path) -> Database:
    """The database, whose transactions can ask for jobs. Raises UserFault, or DatabaseFault."""
    database = open_database(config.url, folder=folder)
    is_embedded = isinstance(database, SqliteDatabase)
    database.use_jobs(jobs.enqueue if is_embedded else importlib.import_module(_SHARED).enqueue)
    return database


def shared_queue(database: Database, *, kinds: Sequence[str], clock: Clock) -> Queue:
    """PostgreSQL's queue."""
    queue: Queue = importlib.import_module(_SHARED).SharedQueue(database, kinds=kinds, clock=clock)
    return queue
