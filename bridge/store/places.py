"""An address -> the issue it belongs to, and whether that issue still takes replies."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from bridge.store.database import Transaction
from bridge.store.prepared import Prepared
from bridge.store.repair_tables import announcements
from bridge.store.schema import activities, entries, issues, objects, redirects


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """Where a thing said stands. `is_ours`: the address is of an object we made, not of somebody's reply.

    `post` is that object's id, also where the address was of its page, or of the activity that brought it out.
    """

    issue_id: int
    section: str | None
    is_ours: bool
    post: str | None
    comments_close_at: datetime | None
    comments_open: bool | None

    def closed(self, now: datetime) -> bool:
        """Whether replies are no longer taken."""
        return is_closed(now, by_word=self.comments_open, close_at=self.comments_close_at)


def is_closed(now: datetime, *, by_word: bool | None, close_at: datetime | None) -> bool:
    """Whether comments are closed: by the author's word, which is whether they are open, else by the date."""
    if by_word is not None:
        return not by_word
    return close_at is not None and now >= close_at


_ISSUE = (issues.c.comments_close_at, issues.c.comments_open)
_NOT_OURS = (sa.literal(0).label("ours"), sa.null().label("post"), *_ISSUE)
_OURS = sa.select(
    objects.c.issue_id, objects.c.section, sa.literal(1).label("ours"), objects.c.id.label("post"), *_ISSUE
).join(issues, issues.c.id == objects.c.issue_id)
_BLOG: sa.BindParameter[int] = sa.bindparam("blog")
_ADDRESS: sa.BindParameter[str] = sa.bindparam("address")
_BY_ADDRESS = Prepared(
    sa.union_all(
        _OURS.where(objects.c.id == _ADDRESS, objects.c.blog_id == _BLOG),
        # Lemmy, Friendica and relays name the activity that brought a post out, and mean the post.
        _OURS.join(activities, activities.c.object_id == objects.c.id).where(
            activities.c.id == _ADDRESS,
            sa.or_(activities.c.type == "Create", activities.c.type == "Update"),
            objects.c.blog_id == _BLOG,
        ),
        sa.select(entries.c.issue_id, entries.c.section, *_NOT_OURS)
        .join(issues, issues.c.id == entries.c.issue_id)
        .where(entries.c.object_id == _ADDRESS, entries.c.blog_id == _BLOG),
        sa.select(announcements.c.issue_id, sa.null(), *_NOT_OURS)
        .join(issues, issues.c.id == announcements.c.issue_id)
        .where(announcements.c.address == _ADDRESS, announcements.c.blog_id == _BLOG),
    )
)
_BY_URL = (
    sa.select(entries.c.issue_id, entries.c.section, *_NOT_OURS)
    .join(issues, issues.c.id == entries.c.issue_id)
    .where(entries.c.url == _ADDRESS, entries.c.blog_id == _BLOG)
    .limit(1)
)
_PAGE = sa.select(
    issues.c.id.label("issue_id"),
    sa.null().label("section"),
    sa.literal(1).label("ours"),
    issues.c.object_id.label("post"),
    *_ISSUE,
)
_BY_SLUG = _PAGE.where(issues.c.blog_id == _BLOG, issues.c.slug == _ADDRESS)
_BY_OLD_SLUG = _PAGE.join(redirects, redirects.c.issue_id == issues.c.id).where(
    redirects.c.blog_id == _BLOG, redirects.c.slug == _ADDRESS
)
_NEWEST = (
    _PAGE.where(issues.c.blog_id == _BLOG, issues.c.state == "published", issues.c.visibility == "public")
    .order_by(issues.c.date.desc(), issues.c.id.desc())
    .limit(1)
)


def of_object(tx: Transaction, blog_id: int, object_id: str) -> Place | None:
    """The place of an object of ours (an issue's Note, a section, an answer), an entry, or an announcement.

    The activity that brought an object of ours out, or changed it, stands for the object.
    """
    return _place(_BY_ADDRESS.first(tx, {"blog": blog_id, "address": object_id}))


def of_entry_page(tx: Transaction, blog_id: int, url: str) -> Place | None:
    """The place of an entry by its page for people, which some servers name as what a reply answers."""
    return _place(tx.execute(_BY_URL, {"blog": blog_id, "address": url}).first())


def of_page(tx: Transaction, blog_id: int, slug: str) -> Place | None:
    """The place of an issue's page, by its slug or one it had before."""
    values = {"blog": blog_id, "address": slug}
    return _place(tx.execute(_BY_SLUG, values).first() or tx.execute(_BY_OLD_SLUG, values).first())


def newest(tx: Transaction, blog_id: int) -> Place | None:
    """The newest public issue: where a word to the blog itself stands."""
    return _place(tx.execute(_NEWEST, {"blog": blog_id}).first())


def _place(row: Any | None) -> Place | None:
    if row is None or row.issue_id is None:
        return None
    return Place(
        issue_id=int(row.issue_id),
        section=row.section,
        is_ours=bool(row.ours),
        post=row.post,
        comments_close_at=row.comments_close_at,
        comments_open=row.comments_open,
    )
