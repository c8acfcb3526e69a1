"""`VerifiedActivity` -> its one handler, and the verdict in the record: seen and applied in one transaction.

The table below is the whole inbox. A handler gets nothing that is not proven and returns `Done` or `Ignored(reason)`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from bridge.activity.ids import Blog
from bridge.activity.incoming_types import (
    Announce,
    CreateNote,
    DeleteActor,
    DeleteObject,
    Follow,
    Incoming,
    Like,
    Undo,
    UndoAnnounce,
    UndoFollow,
    UndoLike,
    Unknown,
    UpdateActor,
    UpdateNote,
)
from bridge.clock import Clock
from bridge.config import Config
from bridge.errors import Blocked
from bridge.inbox.authenticate import VerifiedActivity
from bridge.inbox.context import Context
from bridge.inbox.handlers import create, delete, follow, react, undo, update
from bridge.inbox.policy import Pace, domains_of
from bridge.inbox.result import Effect, Ignored, Result
from bridge.store import actors, blocks, received
from bridge.store.database import Database, Transaction
from bridge.store.received import Received
from bridge.urls import host_of

log = logging.getLogger(__name__)

Handler = Callable[[VerifiedActivity, Any, Context], Effect]

HANDLERS: Mapping[type[Incoming], Handler] = {
    Follow: follow.remember_follower,
    UndoFollow: undo.forget_follower,
    CreateNote: create.add_comment,
    UpdateNote: update.change_comment,
    UpdateActor: update.change_profile,
    DeleteObject: delete.withdraw,
    DeleteActor: delete.forget_actor,
    Like: react.count_like,
    Announce: react.count_boost,
    UndoLike: undo.take_back_like,
    UndoAnnounce: undo.take_back_boost,
    Undo: undo.undo_by_id,
}


@dataclass(frozen=True, kw_only=True)
class Inbox:
    """Takes what is proven. `pace` is None-limited for peers on one machine."""

    blog: Blog
    config: Config
    database: Database
    pace: Pace
    clock: Clock

    async def receive(self, verified: VerifiedActivity) -> Result:
        """Apply one activity, once. Raises TooMany or Blocked; the result is committed when it is returned."""
        activity = verified.activity
        now = self.clock()
        server = host_of(verified.actor.id)
        self.pace.take(server, now=now)
        limited = None if self.config.federation.allow_private_addresses else self.config.limits.new_followers_per_hour
        context = Context(blog=self.blog, now=now, comments=self.config.comments, new_followers_per_hour=limited)
        effect = _effect(verified, context)
        row = Received(
            blog_id=self.blog.id,
            seen_key=f"{activity.actor} {activity.dedupe_key}",
            activity_id=activity.id,
            type=type_name(activity),
            actor_id=activity.actor,
            server=server,
            object_id=object_of(activity),
            verdict="ignored",
            reason="",
            status=202,
            received_at=now,
        )
        result = await self.database.write(lambda tx: self._apply(tx, verified, row, effect))
        log.info("%s of %s: %s, %s", row.type, row.actor_id, result.verdict, result.reason)
        if result.verdict == "blocked":
            raise Blocked(result.reason)
        return result

    def _apply(self, tx: Transaction, verified: VerifiedActivity, row: Received, effect: Effect) -> Result:
        if not received.claim(tx, row):
            return Ignored(verdict="duplicate", reason="the same activity came before")
        actor = verified.actor
        if blocks.is_blocked(tx, self.blog.id, actor.id, domains_of(row.server)) or self._blocked_by_config(row):
            result: Result = Ignored(verdict="blocked", reason="the author blocks this sender or its server")
        else:
            if not actors.is_known(tx, actor.id):
                actors.record(tx, actor, now=row.received_at)
            result = effect(tx)
        received.record_verdict(
            tx, str(row.seen_key), verdict=result.verdict, reason=result.reason, issue_id=result.issue_id
        )
        return result

    def _blocked_by_config(self, row: Received) -> bool:
        blocked = self.config.federation.blocked
        return bool(blocked) and any(name in blocked for name in (row.actor_id, *domains_of(row.server)))


def _effect(verified: VerifiedActivity, context: Context) -> Effect:
    activity = verified.activity
    handler = HANDLERS.get(type(activity))
    if handler is None:
        return lambda tx: Ignored(reason=f"we have no use for {type_name(activity)}")
    return handler(verified, activity, context)


def type_name(activity: Incoming) -> str:
    """What the record calls it: the name on the wire where we do not know the type."""
    return activity.type if isinstance(activity, Unknown) else type(activity).__name__


def object_of(activity: Incoming) -> str | None:
    """The address that the activity is about, for the record."""
    match activity:
        case CreateNote(note=note) | UpdateNote(note=note):
            return note.id
        case Follow(target=target):
            return target
        case Undo(undone=undone):
            return undone
    return getattr(activity, "object_id", None)
