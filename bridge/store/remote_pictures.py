"""Faces and pictures in comments as we serve them, and whether anybody may see one: only while it is shown."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from bridge.store.database import Transaction
from bridge.store.picture_tables import remote_pictures
from bridge.store.schema import entries, reactions, remote_actors

#: The job that fetches; its key is `entry NUMBER` or `actor ID`.
KIND = "picture"


@dataclass(frozen=True, kw_only=True)
class RemotePicture:
    """One picture. `entry_id` 0: the person's face; `name` None: it could not be had, for the `reason`."""

    token: str
    blog_id: int
    actor_id: str
    entry_id: int
    url: str
    name: str | None
    width: int | None
    height: int | None
    bytes: int
    reason: str
    attempts: int
    fetched_at: datetime


_COLUMNS = tuple(RemotePicture.__dataclass_fields__)
_SHOWN = sa.and_(entries.c.state == "shown", entries.c.visibility.in_(("public", "unlisted")))
#: People who are counted, but seen on no page.
_SHY = sa.or_(remote_actors.c.no_blog, remote_actors.c.blocks_us)
#: Where a row is used: its entry is shown, or for a face anything that the person said or did.
_USED = sa.or_(
    sa.exists().where(entries.c.id == remote_pictures.c.entry_id, _SHOWN),
    sa.and_(
        remote_pictures.c.entry_id == 0,
        sa.or_(
            sa.exists().where(entries.c.actor_id == remote_pictures.c.actor_id, _SHOWN),
            sa.and_(
                sa.exists().where(reactions.c.actor_id == remote_pictures.c.actor_id),
                ~sa.exists().where(remote_actors.c.id == remote_pictures.c.actor_id, _SHY),
            ),
        ),
    ),
)


def _from_row(row: sa.Row[Any]) -> RemotePicture:
    return RemotePicture(**{name: getattr(row, name) for name in _COLUMNS})


def shown_of(tx: Transaction, token: str) -> str | None:
    """Whose picture it is, if it is shown somewhere at this moment, were it not for blocks."""
    query = sa.select(remote_pictures.c.actor_id).where(
        remote_pictures.c.token == token, remote_pictures.c.name.is_not(None), _USED
    )
    return tx.execute(query).scalar()


def of_place(tx: Transaction, blog_id: int, *, actor_id: str | None = None, entry_id: int = 0) -> list[RemotePicture]:
    """The pictures of an entry, or (entry 0) the faces of a person."""
    query = sa.select(remote_pictures).where(
        remote_pictures.c.blog_id == blog_id, remote_pictures.c.entry_id == entry_id
    )
    if actor_id is not None:
        query = query.where(remote_pictures.c.actor_id == actor_id)
    return [_from_row(row) for row in tx.execute(query)]


def put(tx: Transaction, picture: RemotePicture) -> None:
    """Keep a picture, or why there is none, instead of what was known of it."""
    tx.execute(
        sa.delete(remote_pictures).where(
            remote_pictures.c.blog_id == picture.blog_id,
            remote_pictures.c.actor_id == picture.actor_id,
            remote_pictures.c.entry_id == picture.entry_id,
            remote_pictures.c.url == picture.url,
        )
    )
    tx.execute(sa.insert(remote_pictures).values(**{name: getattr(picture, name) for name in _COLUMNS}))


def remove(tx: Transaction, tokens: Collection[str]) -> list[str]:
    """Forget pictures; the names of their files."""
    gone = sa.delete(remote_pictures).where(remote_pictures.c.token.in_(tokens)).returning(remote_pictures.c.name)
    return [name for name in tx.execute(gone).scalars() if name is not None] if tokens else []


def remove_unused(tx: Transaction, blog_id: int, *, limit: int) -> list[str]:
    """Forget what nothing shows any more; the names of the files."""
    unused = sa.select(remote_pictures.c.token).where(remote_pictures.c.blog_id == blog_id, ~_USED).limit(limit)
    return remove(tx, list(tx.execute(unused).scalars()))


def remove_oldest(tx: Transaction, blog_id: int, *, most_bytes: int) -> list[str]:
    """Forget the longest fetched until the rest has at most so many bytes; the names of the files."""
    query = sa.select(remote_pictures.c.token, remote_pictures.c.bytes).where(remote_pictures.c.blog_id == blog_id)
    left, tokens = most_bytes, []
    for row in tx.execute(query.order_by(remote_pictures.c.fetched_at.desc())):
        left -= row.bytes
        if left < 0:
            tokens.append(row.token)
    return remove(tx, tokens)


def face_address(tx: Transaction, blog_id: int, actor_id: str) -> str | None:
    """Where a person's face is, if anything of the person is shown; the actor's word before that of an entry."""
    shown = sa.select(entries.c.author_avatar).where(
        entries.c.blog_id == blog_id, entries.c.actor_id == actor_id, _SHOWN
    )
    said = tx.execute(shown.order_by(entries.c.id.desc()).limit(1)).first()
    reacted = sa.select(reactions.c.id).where(reactions.c.blog_id == blog_id, reactions.c.actor_id == actor_id)
    if said is None and tx.execute(reacted.limit(1)).first() is None:
        return None
    actor = tx.execute(
        sa.select(remote_actors.c.icon_url, _SHY.label("is_shy")).where(remote_actors.c.id == actor_id)
    ).first()
    if said is None and actor is not None and actor.is_shy:
        return None
    return actor.icon_url if actor is not None else said.author_avatar if said is not None else None


def issues_of(tx: Transaction, blog_id: int, actor_id: str) -> list[int]:
    """The issues under which a person is seen."""
    said = sa.select(entries.c.issue_id).where(entries.c.blog_id == blog_id, entries.c.actor_id == actor_id, _SHOWN)
    reacted = sa.select(reactions.c.issue_id).where(reactions.c.blog_id == blog_id, reactions.c.actor_id == actor_id)
    return [int(issue) for issue in tx.execute(sa.union(said, reacted)).scalars()]


def under_issue(
    tx: Transaction, issue_id: int
) -> tuple[dict[str, RemotePicture], dict[tuple[int, str], RemotePicture]]:
    """What there is for an issue's page: faces by person, pictures by entry and address."""
    people = sa.union(
        sa.select(entries.c.actor_id).where(entries.c.issue_id == issue_id),
        sa.select(reactions.c.actor_id).where(reactions.c.issue_id == issue_id),
    )
    numbers = sa.select(entries.c.id).where(entries.c.issue_id == issue_id)
    query = sa.select(remote_pictures).where(
        remote_pictures.c.name.is_not(None),
        sa.or_(
            sa.and_(remote_pictures.c.entry_id == 0, remote_pictures.c.actor_id.in_(people)),
            remote_pictures.c.entry_id.in_(numbers),
        ),
    )
    rows = [_from_row(row) for row in tx.execute(query)]
    faces = {row.actor_id: row for row in rows if row.entry_id == 0}
    return faces, {(row.entry_id, row.url): row for row in rows if row.entry_id}
