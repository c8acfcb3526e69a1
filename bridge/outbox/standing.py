"""A commit's files and what is out -> whether there is anything to publish; `publish` and the hooks ask first.

Most that is pushed again, and every push that `serve` has published before its hook came, ends here: it needs no
renderer, no HTTP client, no key and no SQLAlchemy, whose imports alone take longer than all of this.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Protocol, TypeVar

from bridge.issues.source import IssueFile, IssueTree

IN_LINE = "Nothing to publish: the world is in line with the last commit."


def left_alone(path: str) -> str:
    """What an author reads of a file that waits for a commit."""
    return f"{path} is changed but not committed, and was left alone."


class Standing(Protocol):
    """What an issue's row says about its state."""

    @property
    def id(self) -> int: ...
    @property
    def path(self) -> str: ...
    @property
    def state(self) -> str: ...
    @property
    def digest(self) -> str: ...
    @property
    def date(self) -> datetime: ...


Row = TypeVar("Row", bound=Standing)


def unchanged_rows(files: Iterable[IssueFile], rows: Iterable[Row], now: datetime) -> dict[str, Row]:
    """The issues whose files need not even be read, by path: out as they are, waiting for their date, or withdrawn."""
    by_path = {row.path: row for row in rows if row.state != "deleted"}
    found = ((file, by_path.get(file.path)) for file in files)
    return {
        file.path: row
        for file, row in found
        if row is not None and row.digest == file.fingerprint and not (row.state == "waiting" and row.date <= now)
    }


def is_as_published(tree: IssueTree, rows: Sequence[Standing], now: datetime) -> bool:
    """Whether publishing the tree would do nothing."""
    same = unchanged_rows(tree.files, rows, now)
    kept = {row.id for row in same.values()}
    return (
        not tree.faults
        and len(same) == len(tree.files)
        and all(row.id in kept for row in rows if row.state != "deleted")
    )
