"""The door as tests use it: private addresses allowed, and two peers on this machine."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from bridge.remote.door import Door
from tests.support.local_servers import Peer, serving


@pytest.fixture
async def door() -> AsyncIterator[Door]:
    async with Door(origin="https://links.example", allow_private=True) as opened:
        yield opened


@pytest.fixture
async def peer() -> AsyncIterator[Peer]:
    async with serving() as running:
        yield running


@pytest.fixture
async def other_peer() -> AsyncIterator[Peer]:
    """A second server, of another origin."""
    async with serving(host="127.0.0.2") as running:
        yield running
