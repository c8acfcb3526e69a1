"""The database is away for a while: strangers hear 503 and when to come again, and nothing acknowledged is lost."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bridge.demo.stage import request
from tests.support.attack import RunningBlog, Town, running_blog, with_issue
from tests.support.databases import PostgresServer

Away = Callable[[], contextlib.AbstractContextManager[None]]


@contextmanager
def _on_sqlite(place: Path) -> Iterator[tuple[RunningBlog, Away]]:
    """Away: another process writes, and does not end."""

    @contextmanager
    def away() -> Iterator[None]:
        connection = sqlite3.connect(place / "blog" / "data" / "rundbrief.db", isolation_level=None)
        connection.execute("BEGIN IMMEDIATE")
        yield
        connection.execute("ROLLBACK")
        connection.close()

    with running_blog(place) as running:
        yield with_issue(running, place), away


@contextmanager
def _on_postgresql(place: Path) -> Iterator[tuple[RunningBlog, Away]]:
    """Away: its server is ended, and started again."""
    server = PostgresServer()

    @contextmanager
    def away() -> Iterator[None]:
        server.kill()
        yield
        server.start()

    try:
        url = asyncio.run(server.new_database())
        with running_blog(place, changes={r'(?m)^url = "sqlite:.*$': f'url = "{url}"'}) as running:
            yield with_issue(running, place), away
    finally:
        server.stop()


@pytest.mark.parametrize("engine", [_on_sqlite, _on_postgresql], ids=["sqlite", "postgresql"])
def test_the_inbox_says_503_with_retry_after_and_takes_the_same_activity_later(
    engine: Callable[[Path], contextlib.AbstractContextManager[tuple[RunningBlog, Away]]], tmp_path: Path
) -> None:
    with engine(tmp_path) as (blog, away), contextlib.closing(Town()) as town:
        anna = town.person("anna")
        before, meanwhile = (anna.act("Create", anna.note(blog, f"Gesagt: {word}")) for word in ("vorher", "dabei"))
        assert blog.post(anna, before).status == 202

        with away():
            reply = blog.post(anna, meanwhile)
            assert reply.status == 503
            assert 1 <= int(reply.headers["retry-after"]) <= 3600
            assert reply.headers["content-type"].startswith("application/problem+json")
            assert "dabei" not in reply.body.decode()
            counts = request(f"{blog.origin}/metrics")
            assert counts.status == 200
            assert 'rundbrief_inbox_total{verdict="' in counts.text
            assert ("rundbrief_database_up 1.0" in counts.text) == (engine is _on_sqlite)  # which reads all the same

        assert blog.post(anna, meanwhile).status == 202
        assert blog.post(anna, meanwhile).status == 202
        shown = blog.comments()
        assert shown.count("Gesagt: vorher") == 1
        assert shown.count("Gesagt: dabei") == 1
