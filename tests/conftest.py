"""What holds for every test: the machine's own git settings and a slow moment of the machine change nothing.

And the databases: what stands in tables is tested on both engines.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from bridge.store.database import Database
from tests.support.engines import BOTH, Engines, opened_database
from tests.support.inboxes import Place, inbox_on, publish_issue
from tests.support.inboxes import settings as settings_in

# At import, so that fixtures of every scope and every child process see it.
for name in [name for name in os.environ if name.startswith("GIT_")]:
    del os.environ[name]  # as set when the tests are run from a git hook
os.environ |= {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_AUTHOR_NAME": "Ada Autorin",
    "GIT_AUTHOR_EMAIL": "ada@links.example",
    "GIT_COMMITTER_NAME": "Ada Autorin",
    "GIT_COMMITTER_EMAIL": "ada@links.example",
}

# Property tests judge what is true, never how fast this machine is at the moment.
settings.register_profile("house", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("house")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest first: begun last, they would run on one core when all else is done."""
    items.sort(key=lambda item: "flows" not in item.path.parts)


@pytest.fixture(scope="session")
def engines() -> Iterator[Engines]:
    """Where fresh databases come from."""
    made = Engines()
    yield made
    made.close()


@pytest.fixture(params=BOTH)
async def database(request: pytest.FixtureRequest, engines: Engines, tmp_path: Path) -> AsyncIterator[Database]:
    """A migrated database with one blog, on each engine."""
    async with engines.lent(request.param, tmp_path) as url, opened_database(url, tmp_path) as opened:
        yield opened


@pytest.fixture
async def place(database: Database, tmp_path: Path) -> AsyncIterator[Place]:
    """An inbox on each engine, with issue 24 out."""
    await database.write(publish_issue)
    async with inbox_on(database, settings_in(tmp_path)) as made:
        yield made
