"""A SQLite file -> how each issue stands, and the note that a commit is out; without SQLAlchemy, for `first_look`.

A push that changes no issue waits for this and not for a third of a second of imports. It says nothing that
`issues.outlines`, `blogs` and `publications` do not say; tests compare them. If anything about the file is unusual,
there is no answer here, and the usual way finds out.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from bridge.store.revision import is_newest

_BUSY_SECONDS = 5.0
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class FileRow(NamedTuple):
    """How an issue stands, as `issues.Outline` has it."""

    id: int
    path: str
    state: str
    digest: str
    date: datetime


@dataclass(frozen=True, kw_only=True)
class Standing:
    """What is out: the blog's issues in any state, and the commit that was published last."""

    blog_id: int
    url: str
    acct: str
    published_commit: str | None
    rows: Sequence[FileRow]


def find(path: Path) -> Standing | None:
    """None for a blog that was never started, and for a file that is not as it should be."""
    with contextlib.suppress(sqlite3.Error), _opened(path) as connection:
        return _standing(connection)
    return None


def settle(path: Path, commit: str, is_out: Callable[[Standing], bool]) -> bool | None:
    """Note that the commit is out if `is_out` says so of the issues at that moment; False when it does not.

    None where that is for others to see: when the file is not as it should be, and when what publishing the commit did
    has not been told to its author yet.
    """
    with contextlib.suppress(sqlite3.Error), _opened(path) as connection:
        connection.execute("BEGIN IMMEDIATE")
        standing = _standing(connection)
        if standing is None or _is_untold(connection, standing.blog_id, commit):
            return None
        if not is_out(standing):
            return False
        if standing.published_commit != commit:
            connection.execute("UPDATE blogs SET published_commit = ? WHERE id = ?", (commit, standing.blog_id))
        connection.execute("COMMIT")
        return True
    return None


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    if not path.is_file() or not is_newest(path):
        raise sqlite3.DatabaseError("no file of ours")
    with contextlib.closing(sqlite3.connect(path, isolation_level=None, timeout=_BUSY_SECONDS)) as connection:
        connection.execute("PRAGMA synchronous=FULL")
        yield connection


def _standing(connection: sqlite3.Connection) -> Standing | None:
    blog = connection.execute("SELECT id, url, acct, published_commit FROM blogs ORDER BY id LIMIT 1").fetchone()
    if blog is None:
        return None
    found = connection.execute("SELECT id, path, state, digest, date FROM issues WHERE blog_id = ?", (blog[0],))
    rows = [
        FileRow(number, path, state, digest, _EPOCH + timedelta(microseconds=date))
        for number, path, state, digest, date in found
    ]
    return Standing(blog_id=blog[0], url=blog[1], acct=blog[2], published_commit=blog[3], rows=rows)


def _is_untold(connection: sqlite3.Connection, blog_id: int, commit: str) -> bool:
    query = "SELECT 1 FROM publications WHERE blog_id = ? AND commit_id = ? AND NOT is_told"
    return connection.execute(query, (blog_id, commit)).fetchone() is not None
