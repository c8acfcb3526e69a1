"""A driver's words -> what whoever runs the machine is told to do."""

from __future__ import annotations

import sqlite3

import pytest

from bridge.store.database import told


@pytest.mark.parametrize(
    ("said", "cure"),
    [
        ("database or disk is full", "make room"),
        ('could not extend file "base/5/1": No space left on device', "make room"),
        ("disk I/O error", "has room and is sound"),  # what SQLite says when not one page more can be written
        ("attempt to write a readonly database", "let the user who runs this write"),
        ("cannot execute INSERT in a read-only transaction", "let the user who runs this write"),
        ("database is locked", "try again"),
        ("no such table: blogs", "rundbrief init"),
        ("connection refused", "see that it runs"),
    ],
)
def test_a_database_that_fails_says_what_to_do(said: str, cure: str) -> None:
    assert cure in str(told(sqlite3.OperationalError(said)))
