"""What commands list: columns that stand in line, times as the author's clock shows them, nothing said twice."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bridge.cli import author, ledger, operator, readers
from bridge.cli.columns import width_of
from bridge.config import read_config
from bridge.jobs.engine import open_store
from bridge.store import crawls, entries, issues, linkback_sends
from bridge.store.crawls import CrawlRow
from bridge.store.database import Transaction
from tests.support.open_blog import lay_out
from tests.support.running_blog import said

NOON = datetime(2026, 7, 5, 12, tzinfo=UTC)


@pytest.fixture
def config(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    """A blog in Berlin with two issues; one was answered twice and links a site that has no address."""
    folder = tmp_path / "blog"
    lay_out(folder)
    operator.init(folder, "http://127.0.0.1:8932", "links")
    for name in ("1", "ein-langer-name"):
        (folder / "issues" / f"{name}.md").write_text(f"---\ntitle: Titel {name}\n---\n\nText.\n")
    files = sorted((folder / "issues").glob("*.md"))
    config = folder / "config.toml"
    assert author.bring_in_line(files, dry_run=False, delete=False, config=config, as_json=False) == 0
    _write(config, _answer)
    capsys.readouterr()
    return config


def _write(config: Path, work: Callable[[Transaction], object]) -> None:
    async def write() -> None:
        settings = read_config(config)
        database = open_store(settings.database, folder=settings.folder)
        try:
            await database.write(work)
        finally:
            await database.close()

    asyncio.run(write())


def _answer(tx: Transaction) -> None:
    row = issues.find_by_slug(tx, 1, "1")
    assert row is not None
    for kind, minute in (("reply", 0), ("webmention", 1)):
        at = NOON + timedelta(minutes=minute)
        entries.add(tx, said("<p>Ja.</p>", blog_id=1, issue_id=row.id, kind=kind, token=f"t{minute}", at=at))
    link = {"target": "https://fort.example/a", "server": "fort.example", "is_linked": True, "digest": "d"}
    link |= {"state": "failed", "reason": "GET https://fort.example/a: the name does not resolve"}
    link |= {"blog_id": 1, "issue_id": row.id, "day_began_at": NOON, "changed_at": NOON}
    linkback_sends.add(tx, [link])


def _look(tx: Transaction) -> None:
    row = issues.find_by_slug(tx, 1, "1")
    assert row is not None
    last = CrawlRow(checked_at=NOON, asked=1, found=2, unread="https://far.example/1: it answered 403")
    crawls.record(tx, row.id, last)


def test_a_column_is_as_wide_as_its_widest_text_but_for_one_without_end() -> None:
    assert width_of(["a", "abc", "x" * 41]) == 3
    assert width_of([]) == 0


def test_titles_of_issues_stand_in_line(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert ledger.issues(config=config) == 0

    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2
    assert len({line.index("Titel") for line in lines}) == 1


def test_comments_stand_in_line_and_have_the_authors_time(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert readers.comments(config=config) == 0

    lines = [line for line in capsys.readouterr().out.splitlines() if "@bruno" in line]
    assert ["2026-07-05 14:00 CEST" in lines[0], "2026-07-05 14:01 CEST" in lines[1]] == [True, True]
    assert len({line.index("2026") for line in lines}) == 1


def test_a_link_that_failed_is_named_once_in_its_line(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert ledger.issues("1", config=config) == 0

    line = next(line for line in capsys.readouterr().out.splitlines() if "fort.example" in line)
    assert line == "  failed    https://fort.example/a (the name does not resolve)"


def test_the_ledger_says_when_the_conversation_was_looked_for(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert ledger.issues("1", config=config) == 0
    assert "Looked for" not in capsys.readouterr().out

    _write(config, _look)
    assert ledger.issues("1", config=config) == 0
    said = capsys.readouterr().out
    assert "Looked for on other servers: 2026-07-05 14:00 CEST, 1 request, 2 new comments\n" in said
    assert "  not read: https://far.example/1: it answered 403\n" in said


#: What steers a terminal, in seven bits and in eight, and what turns the direction of a line.
STEERING = "\x1b[31m\x9b31m\u202e"


def _steering(tx: Transaction) -> None:
    row = issues.find_by_slug(tx, 1, "1")
    assert row is not None
    (link,) = linkback_sends.of_issue(tx, row.id)
    linkback_sends.change(tx, link.id, {"reason": f"fault 0: {STEERING}rot"})
    crawls.record(tx, row.id, CrawlRow(checked_at=NOON, asked=1, found=0, unread=f"https://far.example/1: {STEERING}"))
    bad = said("<p>Ja.</p>", blog_id=1, issue_id=row.id, token="t9", author_handle=f"@{STEERING}x@far.example")
    entries.add(tx, bad | {"text": f"{STEERING}rot"})


def test_s100_nothing_that_another_server_said_steers_the_terminal(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A Pingback's fault, the reason of an answer, a name: as they were stored, whatever looked at them before."""
    _write(config, _steering)

    assert ledger.issues("1", config=config) == 0
    assert readers.comments(config=config) == 0
    assert readers.hide("t9", config=config) == 0
    assert readers.why("https://far.example/1", config=config) in (0, 1)

    said = capsys.readouterr().out
    assert "rot" in said
    assert [letter for letter in said if not letter.isprintable() and letter != "\n"] == []
