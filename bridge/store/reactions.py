"""Likes and boosts, each until it is taken back; a person with several counts once (`conversation.reaction`)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa

from bridge.store.database import Transaction, WakeUp
from bridge.store.remote_pictures import KIND as PICTURE
from bridge.store.schema import reactions, remote_actors
from bridge.terms import ActorId

Kind = Literal["like", "boost"]
#: Whether a reaction is the first of its person and kind under an issue, another beside those, or not kept.
Kept = Literal["first", "another", "same", "full"]
#: Reactions of one kind that one person may have to an issue: emoji beside emoji.
MOST_OF_ONE = 20


@dataclass(frozen=True, kw_only=True)
class ReactionRow:
    """One like or boost, with what is known of who did it. `is_shy`: that person is to be seen on no page of ours."""

    kind: Kind
    actor_id: ActorId
    object_id: str
    name: str  #: "" where none is known
    url: str
    icon_url: str | None
    content: str  #: the emoji of a reaction; "" for a plain one
    since: datetime
    is_shy: bool


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
    name: str = "",
) -> Kept:
    """Keep it, unless this actor did just this before, or so much that nothing more is kept.

    Who likes once more took the first like back, and that is lost: the new one stands for both. Who boosts once more
    has two boosts, each of which may be taken back. `name` is for those of whom no profile is known.
    """
    tx.lock(f"reactions of {actor_id}")
    there = sa.select(reactions.c.id, reactions.c.object_id, reactions.c.content, reactions.c.activity_id).where(
        reactions.c.issue_id == issue_id, reactions.c.actor_id == actor_id, reactions.c.kind == kind
    )
    known = tx.execute(there.order_by(reactions.c.id)).all()
    same = [row for row in known if (row.object_id, row.content) == (object_id, content or "")]
    is_full = len(known) >= MOST_OF_ONE
    told_again = [row for row in same if activity_id is None or row.activity_id in (None, activity_id)]
    if same and (told_again or kind == "like" or is_full):
        newest = (told_again or same)[-1].id
        tx.execute(sa.update(reactions).where(reactions.c.id == newest).values(activity_id=activity_id, name=name))
        return "same"
    if is_full:
        return "full"
    row = {
        "blog_id": blog_id,
        "issue_id": issue_id,
        "kind": kind,
        "actor_id": actor_id,
        "object_id": object_id,
        "activity_id": activity_id,
        "content": content or "",
        "name": name,
        "since": now,
    }
    tx.execute(sa.insert(reactions).values(**row))
    _look_at_face(tx, actor_id)
    if same:
        return "same"
    return "another" if known else "first"


def _look_at_face(tx: Transaction, actor_id: str) -> None:
    """Fetch it if it is shown now, and remove it if it is shown no more."""
    tx.wake(WakeUp(kind=PICTURE, key=f"actor {actor_id}"))


def remove(tx: Transaction, actor_id: str, *, kind: Kind, object_id: str) -> int | None:
    """Take back what an actor did to this object, whatever the emoji; the issue it stood under."""
    return _remove(tx, reactions.c.kind == kind, reactions.c.object_id == object_id, reactions.c.actor_id == actor_id)


def remove_by_activity(tx: Transaction, actor_id: str, activity_id: str) -> int | None:
    """Take back the reaction that this activity made; the issue it stood under."""
    return _remove(tx, reactions.c.activity_id == activity_id, reactions.c.actor_id == actor_id)


def count_of(tx: Transaction, actor_id: str, *, kind: Kind, object_id: str) -> int:
    """How many different reactions an actor has to this object: emoji beside emoji."""
    query = sa.select(sa.func.count(reactions.c.content.distinct())).where(
        reactions.c.kind == kind, reactions.c.object_id == object_id, reactions.c.actor_id == actor_id
    )
    return int(tx.execute(query).scalar_one())


def _remove(tx: Transaction, *conditions: Any) -> int | None:
    gone = sa.delete(reactions).where(*conditions).returning(reactions.c.issue_id, reactions.c.actor_id)
    row = tx.execute(gone).first()
    if row is None:
        return None
    _look_at_face(tx, row.actor_id)
    return int(row.issue_id)


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
            reactions.c.object_id,
            reactions.c.content,
            reactions.c.since,
            reactions.c.name.label("said_name"),
            remote_actors.c.name,
            remote_actors.c.url,
            remote_actors.c.icon_url,
            sa.or_(remote_actors.c.no_blog, remote_actors.c.blocks_us).label("is_shy"),
        )
        .outerjoin(remote_actors, remote_actors.c.id == reactions.c.actor_id)
        .where(reactions.c.issue_id == issue_id)
        .order_by(reactions.c.id)
    )
    return [
        ReactionRow(
            kind=row.kind,
            actor_id=ActorId(row.actor_id),
            object_id=row.object_id,
            name=row.name or row.said_name,
            url=row.url or row.actor_id,
            icon_url=row.icon_url,
            content=row.content,
            since=row.since,
            is_shy=bool(row.is_shy),
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
