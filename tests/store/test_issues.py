"""Issues as lists, feeds and the page of one show them: in their order, and none that is not out for everybody."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bridge.store import issues
from bridge.store.database import Database, Transaction
from bridge.store.issues import IssueRow

DAY = datetime(2026, 11, 1, 9, 0, tzinfo=UTC)
#: Slug, day, state, visibility; two stand on one day.
KEPT = (
    ("first", 0, "published", "public"),
    ("quiet", 1, "published", "unlisted"),
    ("twin-a", 2, "published", "public"),
    ("twin-b", 2, "published", "public"),
    ("gone", 3, "deleted", "public"),
    ("last", 4, "published", "public"),
    ("to-come", 9, "waiting", "public"),
)


def _keep(tx: Transaction) -> None:
    for slug, days, state, visibility in KEPT:
        texts = dict.fromkeys(("page_html", "teaser_html", "teaser_text", "digest", "path"), "")
        day = DAY + timedelta(days=days)
        values = {"slug": slug, "state": state, "visibility": visibility, "title": slug, "date": day, "changed_at": day}
        lists: dict[str, object] = {"tags": [], "links": [], "source": {}}
        issues.add(tx, {**texts, **values, **lists, "blog_id": 1, "language": "en"})


@pytest.fixture
async def kept(database: Database) -> Database:
    await database.write(_keep)
    return database


def _find(tx: Transaction, slug: str) -> IssueRow:
    found = issues.find_by_slug(tx, 1, slug)
    assert found is not None
    return found


async def test_lists_show_what_is_out_for_everybody_newest_first(kept: Database) -> None:
    listed = await kept.read(lambda tx: issues.listed(tx, 1))
    assert [one.slug for one in listed] == ["last", "twin-b", "twin-a", "first"]
    newest = await kept.read(lambda tx: issues.newest_listed(tx, 1, limit=2))
    assert [one.slug for one in newest] == ["last", "twin-b"]
    assert await kept.read(lambda tx: issues.count_published(tx, 1)) == 5


@pytest.mark.parametrize(
    ("slug", "older", "newer"),
    [
        ("first", None, "twin-a"),
        ("twin-a", "first", "twin-b"),
        ("twin-b", "twin-a", "last"),
        ("last", "twin-b", None),
        ("quiet", None, None),
        ("gone", None, None),
        ("to-come", None, None),
    ],
)
async def test_beside_an_issue_stand_those_before_and_after_it(
    kept: Database, slug: str, older: str | None, newer: str | None
) -> None:
    found = await kept.read(lambda tx: issues.beside(tx, _find(tx, slug)))
    assert tuple(one and one.slug for one in found) == (older, newer)
