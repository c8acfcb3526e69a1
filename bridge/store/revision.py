"""Whether a SQLite file has the newest schema already, so that a start need not load Alembic to find that out."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

#: The newest migration; a test compares it with the migrations.
NEWEST = "0005"


def is_newest(path: Path) -> bool:
    """Whether the file was brought to `NEWEST`. False for an empty or foreign file, which is Alembic's business."""
    with contextlib.closing(sqlite3.connect(path)) as connection:
        try:
            found = connection.execute("SELECT version_num FROM alembic_version").fetchall()
        except sqlite3.DatabaseError:
            return False
    return found == [(NEWEST,)]
