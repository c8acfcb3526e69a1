"""Objects and activities we made: what the object ids answer, what the outbox lists, the bytes that are delivered."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa

from bridge.issues.rendered import Mention
from bridge.store.database import Transaction
from bridge.store.schema import activities, issues, objects, remote_actors
from bridge.terms import ActivityId, ActorId, Document, ObjectId

Kind = Literal["issue", "section", "answer"]


@dataclass(frozen=True, kw_only=True)
class ObjectRow:
    """One object of ours; `deleted_at` makes it a Tombstone for ever."""

    id: ObjectId
    blog_id: int
    issue_id: int | None
    kind: Kind
    position: int
    section: str | None
    document: Document
    digest: str
    published_at: datetime
    updated_at: datetime | None
    deleted_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class NewActivity:
    """An activity to be kept and delivered."""

    id: ActivityId
    blog_id: int
    type: str
    body: bytes
    issue_id: int | None = None
    object_id: ObjectId | None = None
    public: bool = False


_COLUMNS = tuple(ObjectRow.__dataclass_fields__)


def _from_row(row: sa.Row[Any]) -> ObjectRow:
    return ObjectRow(**{name: getattr(row, name) for name in _COLUMNS})


def find(tx: Transaction, object_id: str) -> ObjectRow | None:
    """The object with this id, deleted or not."""
    row = tx.execute(sa.select(objects).where(objects.c.id == object_id)).first()
    return None if row is None else _from_row(row)


def of_issue(tx: Transaction, issue_id: int, *, live: bool = True) -> list[ObjectRow]:
    """An issue's own objects (not answers), first Note first."""
    query = sa.select(objects).where(objects.c.issue_id == issue_id, objects.c.kind != "answer")
    if live:
        query = query.where(objects.c.deleted_at.is_(None))
    return [_from_row(row) for row in tx.execute(query.order_by(objects.c.position))]


def count_sections(tx: Transaction, issue_ids: Collection[int]) -> dict[int, int]:
    """How many posts of sections are out of each of these issues; nothing of those that have none."""
    if not issue_ids:
        return {}
    query = (
        sa.select(objects.c.issue_id, sa.func.count().label("number"))
        .where(objects.c.issue_id.in_(issue_ids), objects.c.kind == "section", objects.c.deleted_at.is_(None))
        .group_by(objects.c.issue_id)
    )
    return {int(row.issue_id): int(row.number) for row in tx.execute(query)}


def add(tx: Transaction, row: ObjectRow) -> None:
    """A new object."""
    tx.execute(sa.insert(objects).values(**{name: getattr(row, name) for name in _COLUMNS}))


def change(tx: Transaction, object_id: str, values: Mapping[str, Any]) -> None:
    """Change columns of an object."""
    tx.execute(sa.update(objects).where(objects.c.id == object_id).values(**values))


def delete(tx: Transaction, object_id: str, *, now: datetime) -> None:
    """Make it a Tombstone; its id is never used again."""
    change(tx, object_id, {"deleted_at": now})


def add_activity(tx: Transaction, activity: NewActivity, *, now: datetime) -> int:
    """Keep an activity; returns its number, by which deliveries refer to it."""
    values = {name: getattr(activity, name) for name in NewActivity.__dataclass_fields__}
    statement = sa.insert(activities).values(**values, created_at=now).returning(activities.c.number)
    return int(tx.execute(statement).scalar_one())


def activity_body(tx: Transaction, number: int) -> bytes:
    """The bytes that every server gets."""
    return bytes(tx.execute(sa.select(activities.c.body).where(activities.c.number == number)).scalar_one())


def find_public_activity(tx: Transaction, activity_id: str) -> tuple[bytes, ObjectRow | None] | None:
    """The bytes of an activity that everybody may read, and the object it tells of as that is now."""
    query = sa.select(activities.c.body, activities.c.object_id).where(
        activities.c.id == activity_id, activities.c.public
    )
    row = tx.execute(query).first()
    return None if row is None else (bytes(row.body), None if row.object_id is None else find(tx, row.object_id))


def count_outbox(tx: Transaction, blog_id: int) -> int:
    """How many public Creates stand for live objects."""
    return int(tx.execute(sa.select(sa.func.count()).select_from(_outbox(blog_id).subquery())).scalar_one())


def outbox_page(tx: Transaction, blog_id: int, *, offset: int, limit: int) -> list[tuple[ActivityId, Document]]:
    """Public Creates of live objects, newest first: the activity's id, and the object as it is now."""
    query = _outbox(blog_id).order_by(activities.c.number.desc()).offset(offset).limit(limit)
    return [(ActivityId(row.id), row.document) for row in tx.execute(query)]


def _outbox(blog_id: int) -> sa.Select[Any]:
    return (
        sa.select(activities.c.number, activities.c.id, objects.c.document)
        .join(objects, objects.c.id == activities.c.object_id)
        .where(
            activities.c.blog_id == blog_id,
            activities.c.public,
            activities.c.type == "Create",
            objects.c.deleted_at.is_(None),
        )
    )


def newest_public_object(tx: Transaction, blog_id: int) -> ObjectId | None:
    """What `featured` holds: the newest public issue's object."""
    query = (
        sa.select(issues.c.object_id)
        .where(
            issues.c.blog_id == blog_id,
            issues.c.state == "published",
            issues.c.visibility == "public",
            issues.c.object_id.is_not(None),
        )
        .order_by(issues.c.date.desc(), issues.c.id.desc())
        .limit(1)
    )
    found = tx.execute(query).scalar()
    return None if found is None else ObjectId(found)


def mentioned(tx: Transaction, blog_id: int, slugs: Sequence[str], handles: Collection[str]) -> dict[str, Mention]:
    """Those of the handles whom the objects of these issues mention already."""
    query = (
        sa.select(objects.c.document)
        .join(issues, issues.c.id == objects.c.issue_id)
        .where(issues.c.blog_id == blog_id, issues.c.slug.in_(slugs), objects.c.deleted_at.is_(None))
    )
    wanted = {f"@{handle}".casefold(): handle for handle in handles}
    found: dict[str, Mention] = {}
    for document in tx.execute(query).scalars():
        for tag in document.get("tag", ()):
            name = str(tag.get("name", "")).casefold()
            if tag.get("type") == "Mention" and name in wanted:
                actor_id = ActorId(tag["href"])
                url = tx.execute(sa.select(remote_actors.c.url).where(remote_actors.c.id == actor_id)).scalar()
                handle = wanted[name]
                found[handle] = Mention(handle=tag["name"].removeprefix("@"), actor_id=actor_id, url=url or actor_id)
    return found


def is_live(tx: Transaction, object_id: str) -> bool:
    """Whether the object exists and was not deleted."""
    query = sa.select(objects.c.id).where(objects.c.id == object_id, objects.c.deleted_at.is_(None))
    return tx.execute(query).first() is not None
