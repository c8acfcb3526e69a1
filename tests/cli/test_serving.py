"""What the server loads that most blogs never use."""

from __future__ import annotations

import pytest

from tests.support.loading import loaded_with


@pytest.mark.parametrize("module", ["bridge.cli.serving", "bridge.app"])
def test_a_blog_on_sqlite_loads_nothing_of_postgresql_and_no_migrations(module: str) -> None:
    """docs/decisions/0005."""
    loaded = loaded_with(module)

    assert "sqlalchemy" in loaded
    assert {"sqlalchemy.dialects.postgresql", "asyncpg", "pgqueuer", "alembic"} & loaded == set()
