"""The author's pictures as they are served: which content was encoded under which name, and which issues show it."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa

from bridge.store.database import Transaction
from bridge.store.picture_tables import issue_pictures, pictures
from bridge.store.schema import issues
from bridge.store.upsert import insert_new

Kind = Literal["issue", "icon", "header"]


@dataclass(frozen=True, kw_only=True)
class PictureRow:
    """One picture. `files` are (name, width, height), the narrowest first; `content` is git's blob id or a digest."""

    token: str
    blog_id: int
    kind: Kind
    content: str
    media_type: str
    files: tuple[tuple[str, int, int], ...]
    blurhash: str


_COLUMNS = tuple(PictureRow.__dataclass_fields__)


def _from_row(row: sa.Row[Any]) -> PictureRow:
    values = {name: getattr(row, name) for name in _COLUMNS}
    return PictureRow(**{**values, "files": tuple((str(name), int(w), int(h)) for name, w, h in row.files)})


def all_of(tx: Transaction, blog_id: int, kind: Kind) -> dict[str, PictureRow]:
    """What is encoded, by content."""
    query = sa.select(pictures).where(pictures.c.blog_id == blog_id, pictures.c.kind == kind)
    return {row.content: _from_row(row) for row in tx.execute(query)}


def add(tx: Transaction, row: PictureRow, *, now: datetime) -> bool:
    """Keep a picture; False if somebody else encoded the same content meanwhile."""
    values = {name: getattr(row, name) for name in _COLUMNS}
    return insert_new(tx, pictures, [{**values, "files": [list(file) for file in row.files], "made_at": now}]) > 0


def show(tx: Transaction, issue_id: int, tokens: Collection[str]) -> None:
    """The issue shows these pictures and no others."""
    tx.execute(sa.delete(issue_pictures).where(issue_pictures.c.issue_id == issue_id))
    insert_new(tx, issue_pictures, [{"issue_id": issue_id, "token": token} for token in tokens])


def are_kept(tx: Transaction, tokens: Iterable[str]) -> bool:
    """Whether all of these are (still) there."""
    wanted = set(tokens)
    query = sa.select(sa.func.count()).select_from(pictures).where(pictures.c.token.in_(wanted))
    return not wanted or int(tx.execute(query).scalar_one()) == len(wanted)


def may_be_seen(tx: Transaction, token: str) -> bool:
    """Whether strangers may have the picture: a published issue shows it, or it is the profile's (S36, S122)."""
    shown = sa.exists().where(
        issue_pictures.c.token == token, issues.c.id == issue_pictures.c.issue_id, issues.c.state == "published"
    )
    query = sa.select(pictures.c.token).where(pictures.c.token == token, sa.or_(pictures.c.kind != "issue", shown))
    return tx.execute(query).first() is not None


def remove_unused(tx: Transaction, *, before: datetime) -> list[str]:
    """Forget the pictures of issues that no issue shows any more; the names of their files."""
    used = sa.exists().where(
        issue_pictures.c.token == pictures.c.token,
        issues.c.id == issue_pictures.c.issue_id,
        issues.c.state != "deleted",
    )
    unused = sa.select(pictures.c.token).where(pictures.c.kind == "issue", pictures.c.made_at < before, ~used)
    tokens = list(tx.execute(unused).scalars())
    if not tokens:
        return []
    tx.execute(sa.delete(issue_pictures).where(issue_pictures.c.token.in_(tokens)))
    gone = tx.execute(sa.delete(pictures).where(pictures.c.token.in_(tokens)).returning(pictures.c.files))
    return [str(name) for files in gone.scalars() for name, _, _ in files]
