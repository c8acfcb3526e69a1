"""Issues as published: what the pages show, and what the next publish is compared with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa

from bridge.store.database import Transaction
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
        """Whether replies are no longer taken: by the author's word, else by the date."""
        if self.comments_open is not None:
            return not self.comments_open
        return self.comments_close_at is not None and now >= self.comments_close_at


_COLUMNS = tuple(IssueRow.__dataclass_fields__)


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
    """Where a slug of old leads now."""
    query = (
        sa.select(issues.c.slug)
        .join(redirects, redirects.c.issue_id == issues.c.id)
        .where(redirects.c.blog_id == blog_id, redirects.c.slug == slug)
    )
    found = tx.execute(query).scalar()
    return None if found is None else Slug(found)


def all_of(tx: Transaction, blog_id: int, *states: State) -> list[IssueRow]:
    """The blog's issues in these states (any, when none is named), newest first."""
    query = sa.select(issues).where(issues.c.blog_id == blog_id)
    if states:
        query = query.where(issues.c.state.in_(states))
    return [_from_row(row) for row in tx.execute(query.order_by(issues.c.date.desc(), issues.c.id.desc()))]


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
