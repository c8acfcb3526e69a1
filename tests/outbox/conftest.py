from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from tests.store.conftest import postgres
from tests.support.databases import PostgresServer
from tests.support.desks import Desk, desk_in

__all__ = ["postgres"]


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with desk_in(tmp_path) as opened:
        yield opened


@pytest.fixture(params=["sqlite", "postgresql"])
async def either_desk(
    request: pytest.FixtureRequest, postgres: Callable[[], PostgresServer], tmp_path: Path
) -> AsyncIterator[Desk]:
    """A desk on each engine."""
    url = None if request.param == "sqlite" else await (await asyncio.to_thread(postgres)).new_database()
    async with desk_in(tmp_path, url=url) as opened:
        yield opened
