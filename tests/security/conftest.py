"""One blog in a process of its own for all attacks on it, and towns where the attackers live."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

import pytest

from tests.support.attack import Person, RunningBlog, Town, blog_with_issue


@pytest.fixture(scope="session")
def blog(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningBlog]:
    """A blog with one issue out. Every test brings its own people."""
    with blog_with_issue(tmp_path_factory.mktemp("attacked")) as running:
        yield running


@pytest.fixture(scope="session")
def town() -> Iterator[Town]:
    with contextlib.closing(Town("127.0.0.1")) as running:
        yield running


@pytest.fixture(scope="session")
def other_town() -> Iterator[Town]:
    """Another server, on another address."""
    with contextlib.closing(Town("127.0.0.2")) as running:
        yield running


@pytest.fixture
def unchanged(blog: RunningBlog) -> Callable[[], bool]:
    """Whether nothing was stored since the test began."""
    before = blog.rows()
    return lambda: blog.rows() == before


@pytest.fixture
def eve(town: Town, request: pytest.FixtureRequest) -> Person:
    """An attacker with a good key, new for each test."""
    return town.person(f"eve{abs(hash(request.node.nodeid))}")


@pytest.fixture
def victim(other_town: Town, request: pytest.FixtureRequest) -> Person:
    """Somebody of another server, for whom Eve would like to speak."""
    return other_town.person(f"vera{abs(hash(request.node.nodeid))}")
