"""The blog's own row: what it was when its ids were minted, its handles, and the commit that is out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from bridge.store.database import Transaction
from bridge.store.schema import blogs, handles


@dataclass(frozen=True, kw_only=True)
class BlogRow:
    """One blog as the database knows it."""

    id: int
    url: str
    actor_token: str
    acct: str
    profile_digest: str
    created_at: datetime
    published_commit: str | None
    old_accts: tuple[str, ...]


def find(tx: Transaction) -> BlogRow | None:
    """The one blog, if `init` or the first start has made it."""
    row = tx.execute(sa.select(blogs).order_by(blogs.c.id).limit(1)).first()
    if row is None:
        return None
    old = tx.execute(sa.select(handles.c.acct).where(handles.c.blog_id == row.id)).scalars()
    return BlogRow(
        id=row.id,
        url=row.url,
        actor_token=row.actor_token,
        acct=row.acct,
        profile_digest=row.profile_digest,
        created_at=row.created_at,
        published_commit=row.published_commit,
        old_accts=tuple(old),
    )


def add(tx: Transaction, *, url: str, actor_token: str, acct: str, now: datetime) -> None:
    """Mint the blog: from now on its url and token are permanent."""
    tx.execute(sa.insert(blogs).values(url=url, actor_token=actor_token, acct=acct, created_at=now, profile_digest=""))


def change_acct(tx: Transaction, blog_id: int, *, old: str, new: str) -> None:
    """The handle changed in the config: the old one keeps answering WebFinger."""
    tx.execute(sa.delete(handles).where(handles.c.blog_id == blog_id, handles.c.acct.in_([old, new])))
    tx.execute(sa.insert(handles).values(blog_id=blog_id, acct=old))
    tx.execute(sa.update(blogs).where(blogs.c.id == blog_id).values(acct=new))


def record_profile(tx: Transaction, blog_id: int, digest: str) -> None:
    """Which actor document followers were last told."""
    tx.execute(sa.update(blogs).where(blogs.c.id == blog_id).values(profile_digest=digest))


def published_commit(tx: Transaction, blog_id: int) -> str | None:
    """The commit that is out."""
    return tx.execute(sa.select(blogs.c.published_commit).where(blogs.c.id == blog_id)).scalar()


def record_published(tx: Transaction, blog_id: int, commit: str) -> None:
    """This commit is out."""
    tx.execute(sa.update(blogs).where(blogs.c.id == blog_id).values(published_commit=commit))
