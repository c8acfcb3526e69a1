from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bridge.store.database import Database
from tests.support.inboxes import Place, inbox_on, publish_issue, settings


@pytest.fixture
async def place(database: Database, tmp_path: Path) -> AsyncIterator[Place]:
    """An inbox on each engine, with issue 24 out."""
    await database.write(publish_issue)
    async with inbox_on(database, settings(tmp_path)) as made:
        yield made
