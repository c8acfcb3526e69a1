"""Issues as published: what the pages show, and what the next publish is compared with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, NamedTuple

import sqlalchemy as sa

from bridge.store.database import Transaction
from bridge.store.places import is_closed
from bridge.store.schema import issues, objects, redirects
from bridge.terms import ObjectId, Slug

State = Literal["published", "waiting", "withdrawn", "deleted"]


@dataclass(frozen=True, kw_only=True)
class IssueRow:
    """One issue; see `schema.issues` for what the columns mean."""

    id: int
    blog_id: int
    slug: Slug
    path: str
    state: State
    digest: str
    source: Mapping[str, Any]
    title: str
    number: int | None
    language: str
    visibility: str
    page_html: str
    teaser_html: str
    teaser_text: str
    tags: Sequence[str]
    links: Sequence[str]
    object_id: ObjectId | None
    date: datetime
    published_at: datetime | None
    updated_at: datetime | None
    comments_close_at: datetime | None
    comments_open: bool | None
    changed_at: datetime

    def closed(self, now: datetime) -> bool:
        """Whether replies are no longer taken."""
        return is_closed(now, by_word=self.comments_open, close_at=self.comments_close_at)

    def closes_at(self, now: datetime) -> datetime | None:
        """When it closes by itself; None when it is closed, or stays open until somebody says otherwise."""
        open_by_date = self.comments_open is None and not self.closed(now)
        return self.comments_close_at if open_by_date else None


class Outline(NamedTuple):
    """An issue without its texts: all that planning needs, of thousands of issues."""

    id: int
    slug: Slug
    path: str
    state: State
    digest: str
    source: Mapping[str, Any]
    title: str
    visibility: str
    object_id: ObjectId | None
    date: datetime
    published_at: datetime | None
    updated_at: datetime | None
    comments_open: bool | None
    changed_at: datetime


class Listed(NamedTuple):
    """An issue as lists show it: a blog of many years has hundreds, whose texts are not read for that."""

    id: int
    slug: Slug
    source: Mapping[str, Any]
    title: str
    language: str
    teaser_text: str
    tags: Sequence[str]
    date: datetime


_COLUMNS = tuple(IssueRow.__dataclass_fields__)
_OUTLINE = Outline._fields
_NEWEST_FIRST = (issues.c.date.desc(), issues.c.id.desc())


def _from_row(row: sa.Row[Any]) -> IssueRow:
    return IssueRow(**{name: getattr(row, name) for name in _COLUMNS})


def _one(tx: Transaction, *conditions: Any) -> IssueRow | None:
    row = tx.execute(sa.select(issues).where(*conditions)).first()
    return None if row is None else _from_row(row)


def find(tx: Transaction, issue_id: int) -> IssueRow | None:
    """The issue with this number of ours."""
    return _one(tx, issues.c.id == issue_id)


def find_by_slug(tx: Transaction, blog_id: int, slug: str) -> IssueRow | None:
    """The issue at this slug, whatever its state."""
    return _one(tx, issues.c.blog_id == blog_id, issues.c.slug == slug)


def find_by_object(tx: Transaction, object_id: str) -> IssueRow | None:
    """The issue that an object of ours belongs to: its Note, a section, or an answer under it."""
    return _one(tx, issues.c.id == sa.select(objects.c.issue_id).where(objects.c.id == object_id).scalar_subquery())


def find_redirect(tx: Transaction, blog_id: int, slug: str) -> Slug | None:
    """Where a former slug leads now."""
    query = (
        sa.select(issues.c.slug)
        .join(redirects, redirects.c.issue_id == issues.c.id)
        .where(redirects.c.blog_id == blog_id, redirects.c.slug == slug)
    )
    found = tx.execute(query).scalar()
    return None if found is None else Slug(found)


def all_of(tx: Transaction, blog_id: int, *states: State, limit: int | None = None) -> list[IssueRow]:
    """The blog's issues in these states (any, when none is named), newest first, with all their texts."""
    query = sa.select(issues).where(issues.c.blog_id == blog_id)
    if states:
        query = query.where(issues.c.state.in_(states))
    return [_from_row(row) for row in tx.execute(query.order_by(*_NEWEST_FIRST).limit(limit))]


def outlines(tx: Transaction, blog_id: int) -> list[Outline]:
    """All of the blog's issues in any state, newest first, without their texts."""
    columns = [issues.c[name] for name in _OUTLINE]
    query = sa.select(*columns).where(issues.c.blog_id == blog_id).order_by(*_NEWEST_FIRST)
    return [Outline._make(row) for row in tx.execute(query)]


def _is_listed(blog_id: int) -> sa.ColumnElement[bool]:
    return sa.and_(issues.c.blog_id == blog_id, issues.c.state == "published", issues.c.visibility == "public")


def _select_listed(blog_id: int) -> sa.Select[Any]:
    return sa.select(*(issues.c[name] for name in Listed._fields)).where(_is_listed(blog_id))


def listed(tx: Transaction, blog_id: int) -> list[Listed]:
    """What lists show, newest first."""
    return [Listed._make(row) for row in tx.execute(_select_listed(blog_id).order_by(*_NEWEST_FIRST))]


def newest_listed(tx: Transaction, blog_id: int, *, limit: int) -> list[IssueRow]:
    """What feeds show, newest first, with all texts."""
    query = sa.select(issues).where(_is_listed(blog_id)).order_by(*_NEWEST_FIRST).limit(limit)
    return [_from_row(row) for row in tx.execute(query)]


def beside(tx: Transaction, issue: IssueRow) -> tuple[Listed | None, Listed | None]:
    """The issue before and the one after, of those that stand in the lists; nothing for one that does not."""
    if issue.state != "published" or issue.visibility != "public":
        return None, None
    place = sa.tuple_(issues.c.date, issues.c.id)
    here = sa.tuple_(sa.literal(issue.date, issues.c.date.type), sa.literal(issue.id))
    query = _select_listed(issue.blog_id)
    older = tx.execute(query.where(place < here).order_by(*_NEWEST_FIRST).limit(1)).first()
    newer = tx.execute(query.where(place > here).order_by(issues.c.date, issues.c.id).limit(1)).first()
    return older and Listed._make(older), newer and Listed._make(newer)


def count_published(tx: Transaction, blog_id: int) -> int:
    """How many issues are out."""
    query = sa.select(sa.func.count(issues.c.id)).where(issues.c.blog_id == blog_id, issues.c.state == "published")
    return int(tx.execute(query).scalar_one())


def next_date(tx: Transaction, blog_id: int) -> datetime | None:
    """When the next waiting issue is to be published."""
    query = sa.select(sa.func.min(issues.c.date)).where(issues.c.blog_id == blog_id, issues.c.state == "waiting")
    return tx.execute(query).scalar()


def add(tx: Transaction, values: Mapping[str, Any]) -> int:
    """A new issue; returns its number."""
    key = tx.execute(sa.insert(issues).values(**values).returning(issues.c.id)).scalar_one()
    return int(key)


def change(tx: Transaction, issue_id: int, values: Mapping[str, Any]) -> None:
    """Change columns of an issue."""
    tx.execute(sa.update(issues).where(issues.c.id == issue_id).values(**values))


def add_redirect(tx: Transaction, blog_id: int, *, old: str, issue_id: int, new: str) -> None:
    """The issue moved from slug `old` to `new`; a redirect that stood at `new` ends."""
    tx.execute(sa.delete(redirects).where(redirects.c.blog_id == blog_id, redirects.c.slug.in_([old, new])))
    tx.execute(sa.insert(redirects).values(blog_id=blog_id, slug=old, issue_id=issue_id))


def remove(tx: Transaction, issue_id: int) -> None:
    """Forget an issue that was never out: nobody can have asked for it, so nothing need answer 410."""
    tx.execute(sa.delete(redirects).where(redirects.c.issue_id == issue_id))
    tx.execute(sa.delete(issues).where(issues.c.id == issue_id))


def free_slug(tx: Transaction, blog_id: int, slug: str) -> None:
    """Make room for an issue that moves to this slug: one deleted there answers 410 under its object ids alone."""
    taken = sa.and_(issues.c.blog_id == blog_id, issues.c.slug == slug, issues.c.state == "deleted")
    row = tx.execute(sa.select(issues.c.id).where(taken)).first()
    if row is not None:
        # No slug of an author's holds a "~".
        change(tx, row.id, {"slug": f"{slug}~{row.id}"})
