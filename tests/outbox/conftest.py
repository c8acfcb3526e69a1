from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.desks import Desk, desk_in
from tests.support.engines import BOTH, Engines


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with desk_in(tmp_path) as opened:
        yield opened


@pytest.fixture(params=BOTH)
async def either_desk(request: pytest.FixtureRequest, engines: Engines, tmp_path: Path) -> AsyncIterator[Desk]:
    """A desk on each engine."""
    async with engines.lent(request.param, tmp_path) as url, desk_in(tmp_path, url=url) as opened:
        yield opened
