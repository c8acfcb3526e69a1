"""The door as tests use it (private addresses allowed), two peers on this machine, and what is built on them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from bridge.remote.actors import RemoteActors
from bridge.remote.documents import Documents
from bridge.remote.door import Door
from bridge.remote.hops import Hops
from bridge.store.database import Database
from tests.support.clocks import Watch
from tests.support.engines import Engines, opened_database
from tests.support.local_servers import Peer, serving
from tests.support.signed_fetches import KNOCK, OWN


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


@pytest.fixture
def documents(door: Door) -> Documents:
    return Documents(Hops(door, own_servers={OWN}), knock=KNOCK)


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
async def database(engines: Engines, tmp_path: Path) -> AsyncIterator[Database]:
    """SQLite's only: the store's own tests are on both."""
    async with opened_database(await engines.new_url("sqlite", tmp_path), tmp_path) as opened:
        yield opened


@pytest.fixture
def new_actors(door: Door, database: Database, watch: Watch) -> Callable[[], RemoteActors]:
    """Makes the service as after a start: it remembers nothing but what is stored."""

    def make() -> RemoteActors:
        hops = Hops(door, own_servers={OWN})
        return RemoteActors(Documents(hops, knock=KNOCK), hops, database, clock=watch)

    return make


@pytest.fixture
def actors(new_actors: Callable[[], RemoteActors]) -> RemoteActors:
    return new_actors()
