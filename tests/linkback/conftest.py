from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bridge.store.database import Database
from tests.support.linkback_desks import Desk, desk_on
from tests.support.local_servers import Peer, serving


@pytest.fixture
async def desk(database: Database, tmp_path: Path) -> AsyncIterator[Desk]:
    async with desk_on(database, tmp_path) as made:
        yield made


@pytest.fixture
async def blog() -> AsyncIterator[Peer]:
    """Another site, `http://blog.test:PORT`."""
    async with serving() as running:
        running.origin = running.origin.replace("127.0.0.1", "blog.test")
        yield running


@pytest.fixture
async def other() -> AsyncIterator[Peer]:
    """One more, `http://other.test:PORT`."""
    async with serving() as running:
        running.origin = running.origin.replace("127.0.0.1", "other.test")
        yield running
