"""What must be known before a post is kept, in one statement: a reply is the most frequent thing that comes in."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from bridge.store.database import Transaction
from bridge.store.linkback_tables import linkbacks
from bridge.store.prepared import Prepared
from bridge.store.repair_tables import parked
from bridge.store.schema import entries, forgotten, tombstones


@dataclass(frozen=True, kw_only=True, slots=True)
class Facts:
    """What is here of a post and its author."""

    is_deleted: bool  #: its author deleted the post before it came
    is_forgotten: bool  #: the author of the blog had this person forgotten
    was_shown: bool  #: something of this person was shown before
    is_here: bool  #: an entry of the same object or page
    has_linkbacks: bool  #: any linkback is here, so one may be a copy of the post
    is_awaited: bool  #: a parked reply answers it


_BLOG: sa.BindParameter[int] = sa.bindparam("blog")
_OBJECT: sa.BindParameter[str] = sa.bindparam("object")
_URL: sa.BindParameter[str] = sa.bindparam("url")
_ACTOR: sa.BindParameter[str] = sa.bindparam("actor")
_FACTS = Prepared(
    sa.select(
        sa.exists().where(tombstones.c.object_id == _OBJECT, tombstones.c.actor_id == _ACTOR).label("is_deleted"),
        sa.exists().where(forgotten.c.blog_id == _BLOG, forgotten.c.actor_id == _ACTOR).label("is_forgotten"),
        sa.exists()
        .where(entries.c.blog_id == _BLOG, entries.c.actor_id == _ACTOR, entries.c.state == "shown")
        .label("was_shown"),
        sa.or_(
            sa.exists().where(entries.c.blog_id == _BLOG, entries.c.object_id.in_([_OBJECT, _URL])),
            sa.exists().where(entries.c.blog_id == _BLOG, entries.c.url.in_([_OBJECT, _URL])),
        ).label("is_here"),
        sa.exists().where(linkbacks.c.blog_id == _BLOG).label("has_linkbacks"),
        sa.exists().where(parked.c.in_reply_to == _OBJECT).label("is_awaited"),
    )
)


def of_post(tx: Transaction, blog_id: int, *, object_id: str, url: str, actor_id: str) -> Facts:
    """Everything at once."""
    (row,) = _FACTS.all(tx, {"blog": blog_id, "object": object_id, "url": url, "actor": actor_id})
    return Facts(
        is_deleted=row.is_deleted,
        is_forgotten=row.is_forgotten,
        was_shown=row.was_shown,
        is_here=row.is_here,
        has_linkbacks=row.has_linkbacks,
        is_awaited=row.is_awaited,
    )
