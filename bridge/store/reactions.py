"""Likes and boosts: one of a kind for each actor and issue."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa

from bridge.store.database import Transaction, WakeUp
from bridge.store.schema import reactions, remote_actors
from bridge.store.upsert import insert_new
from bridge.terms import ActorId

Kind = Literal["like", "boost"]


@dataclass(frozen=True, kw_only=True)
class ReactionRow:
    """One like or boost, with what is known of who did it."""

    kind: Kind
    actor_id: ActorId
    name: str  #: "" where none is known
    url: str
    icon_url: str | None
    content: str | None
    since: datetime


def add(
    tx: Transaction,
    blog_id: int,
    *,
    issue_id: int,
    kind: Kind,
    actor_id: str,
    object_id: str,
    activity_id: str | None,
    content: str | None,
    now: datetime,
) -> bool:
    """Count it; False if this actor did it before."""
    row = {
        "blog_id": blog_id,
        "issue_id": issue_id,
        "kind": kind,
        "actor_id": actor_id,
        "object_id": object_id,
        "activity_id": activity_id,
        "content": content,
        "since": now,
    }
    is_new = insert_new(tx, reactions, [row]) > 0
    if is_new:
        _look_at_face(tx, actor_id)
    return is_new


def _look_at_face(tx: Transaction, actor_id: str) -> None:
    """Fetch it if it is shown now, and remove it if it is shown no more."""
    tx.wake(WakeUp(kind="picture", key=f"actor {actor_id}"))


def remove(tx: Transaction, actor_id: str, *, kind: Kind, object_id: str) -> int | None:
    """Take back a reaction to this object; the issue it stood under."""
    return _remove(tx, reactions.c.kind == kind, reactions.c.object_id == object_id, reactions.c.actor_id == actor_id)


def remove_by_activity(tx: Transaction, actor_id: str, activity_id: str) -> int | None:
    """Take back the reaction that this activity made; the issue it stood under."""
    return _remove(tx, reactions.c.activity_id == activity_id, reactions.c.actor_id == actor_id)


def _remove(tx: Transaction, *conditions: Any) -> int | None:
    return tx.execute(sa.delete(reactions).where(*conditions).returning(reactions.c.issue_id)).scalars().first()


def remove_all_of(tx: Transaction, actor_id: str) -> list[int]:
    """Remove everything one actor reacted; the issues it stood under."""
    removed = tx.execute(sa.delete(reactions).where(reactions.c.actor_id == actor_id).returning(reactions.c.issue_id))
    found = [int(issue) for issue in removed.scalars()]
    _look_at_face(tx, actor_id)
    return found


def of_issue(tx: Transaction, issue_id: int) -> list[ReactionRow]:
    """All reactions to an issue, oldest first."""
    query = (
        sa.select(
            reactions.c.kind,
            reactions.c.actor_id,
            reactions.c.content,
            reactions.c.since,
            remote_actors.c.name,
            remote_actors.c.url,
            remote_actors.c.icon_url,
        )
        .outerjoin(remote_actors, remote_actors.c.id == reactions.c.actor_id)
        .where(reactions.c.issue_id == issue_id)
        .order_by(reactions.c.id)
    )
    return [
        ReactionRow(
            kind=row.kind,
            actor_id=ActorId(row.actor_id),
            name=row.name or "",
            url=row.url or row.actor_id,
            icon_url=row.icon_url,
            content=row.content,
            since=row.since,
        )
        for row in tx.execute(query)
    ]


def find_by_activity(tx: Transaction, activity_id: str) -> tuple[Kind, ActorId, int] | None:
    """What reaction an activity made: its kind, who, and of which issue."""
    query = sa.select(reactions.c.kind, reactions.c.actor_id, reactions.c.issue_id)
    row = tx.execute(query.where(reactions.c.activity_id == activity_id)).first()
    return None if row is None else (row.kind, ActorId(row.actor_id), int(row.issue_id))


def of_actor(tx: Transaction, actor_id: str) -> list[tuple[Kind, str]]:
    """Kind and object of everything one person reacted to."""
    query = sa.select(reactions.c.kind, reactions.c.object_id).where(reactions.c.actor_id == actor_id)
    return [(row.kind, row.object_id) for row in tx.execute(query)]
