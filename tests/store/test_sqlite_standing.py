"""What git's hooks read without SQLAlchemy, beside what everybody else reads."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path

import pytest

from bridge.store import blogs, issues, publications, sqlite_standing
from bridge.store.publications import Publication
from bridge.store.sqlite_standing import FileRow
from tests.support.databases import new_sqlite
from tests.support.desks import NOW, Desk, desk_in, letter


@pytest.fixture
async def sqlite_desk(tmp_path: Path) -> AsyncIterator[tuple[Desk, Path]]:
    url = new_sqlite(tmp_path)
    async with desk_in(tmp_path, url=url) as desk:
        yield desk, Path(url.removeprefix("sqlite:"))


async def published(desk: Desk) -> str:
    desk.files.commit({"one.md": letter().encode(), "two.md": letter(date="2099-01-01").encode()})
    report = await desk.publish()
    assert report.commit is not None
    return report.commit


async def test_it_reads_what_the_tables_say(sqlite_desk: tuple[Desk, Path]) -> None:
    desk, file = sqlite_desk
    commit = await published(desk)
    outlines = await desk.database.read(lambda tx: issues.outlines(tx, desk.blog.id))

    standing = sqlite_standing.find(file)

    assert standing is not None
    row = await desk.database.read(blogs.find)
    assert row is not None
    assert (standing.blog_id, standing.published_commit) == (row.id, commit)
    assert (standing.url, standing.acct) == (row.url, row.acct)
    assert sorted(standing.rows) == sorted(
        FileRow(row.id, row.path, row.state, row.digest, row.date) for row in outlines
    )
    assert {row.state for row in standing.rows} == {"published", "waiting"}
    assert all(isinstance(row.date, datetime) for row in standing.rows)


async def test_a_commit_is_noted_as_out_only_if_it_is(sqlite_desk: tuple[Desk, Path]) -> None:
    desk, file = sqlite_desk
    before = await published(desk)

    assert sqlite_standing.settle(file, "b" * 40, lambda standing: False) is False
    assert await commit_of(desk) == before
    assert sqlite_standing.settle(file, "b" * 40, lambda standing: len(standing.rows) == 2)
    assert await commit_of(desk) == "b" * 40


async def test_what_its_author_has_not_read_is_left_to_be_told(sqlite_desk: tuple[Desk, Path]) -> None:
    desk, file = sqlite_desk
    await published(desk)
    done = Publication(lines=["one is published"], report={"issues": []}, at=NOW, is_told=False)
    await desk.database.write(lambda tx: publications.add(tx, desk.blog.id, "b" * 40, done))

    assert sqlite_standing.settle(file, "b" * 40, lambda standing: True) is None
    await desk.database.write(lambda tx: publications.take(tx, desk.blog.id, "b" * 40))
    assert sqlite_standing.settle(file, "b" * 40, lambda standing: True)


@pytest.mark.parametrize("kind", ["absent", "empty", "foreign", "older", "unstarted"])
def test_of_a_file_that_is_not_as_it_should_be_it_says_nothing(tmp_path: Path, kind: str) -> None:
    file = tmp_path / "another.db"
    match kind:
        case "empty":
            file.touch()
        case "foreign":
            file.write_bytes(b"no database at all" * 100)
        case "older" | "unstarted":
            file = Path(new_sqlite(tmp_path).removeprefix("sqlite:"))
            if kind == "older":
                with contextlib.closing(sqlite3.connect(file)) as connection, connection:
                    connection.execute("UPDATE alembic_version SET version_num = '0000'")

    assert sqlite_standing.find(file) is None
    assert sqlite_standing.settle(file, "b" * 40, lambda standing: True) is None
    assert file.exists() is (kind != "absent")


async def commit_of(desk: Desk) -> str | None:
    return await desk.database.read(lambda tx: blogs.published_commit(tx, desk.blog.id))
