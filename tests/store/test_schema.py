"""The migrations make the tables that the code knows."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from bridge.store.revision import NEWEST, is_newest
from bridge.store.tables import metadata
from tests.support.databases import new_sqlite


def test_migrations_and_schema_agree(tmp_path: Path) -> None:
    engine = sa.create_engine(new_sqlite(tmp_path).replace("sqlite:", "sqlite:///"))
    with engine.connect() as connection:
        differences = compare_metadata(MigrationContext.configure(connection), metadata)
    engine.dispose()

    assert differences == []


def test_the_newest_revision_is_known_without_alembic(tmp_path: Path) -> None:
    path = Path(new_sqlite(tmp_path).removeprefix("sqlite:"))

    assert ScriptDirectory("bridge/store/migrations").get_current_head() == NEWEST
    assert is_newest(path)
    assert not is_newest(tmp_path / "another.db")
