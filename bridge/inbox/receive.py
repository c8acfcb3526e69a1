"""`VerifiedActivity` -> its one handler, and the verdict in the record: seen and applied in one transaction.

The tables below are the whole inbox. A handler gets nothing that is not proven and returns an `Effect`, which ends in
`Done` or `Ignored(reason)`. One that must ask other servers first is `async`, and spends the activity's budget.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from bridge import metrics
from bridge.activity import incoming_types as kinds
from bridge.activity.ids import Blog
from bridge.activity.incoming_types import Incoming
from bridge.clock import Clock
from bridge.config import Config
from bridge.conversation.blocklist import addresses_of
from bridge.inbox.authenticate import VerifiedActivity
from bridge.inbox.context import Context
from bridge.inbox.creators import Creators
from bridge.inbox.handlers import create, delete, follow, interaction, quote, react, relations, undo, update
from bridge.inbox.life import LifeSigns, note_life
from bridge.inbox.refusals import BlockedOnRecord
from bridge.inbox.result import Effect, Ignored, Result, saying
from bridge.inbox.sources import Sources
from bridge.pace import Pace
from bridge.store import blocks, facts, received
from bridge.store.database import Database, Transaction
from bridge.store.received import Received
from bridge.urls import host_of, same_site

log = logging.getLogger(__name__)

#: What the activity itself decides.
Handler = Callable[[VerifiedActivity, Any, Context], Effect]
#: What another server must be asked about, before the transaction.
AskingHandler = Callable[[VerifiedActivity, Any, Context], Awaitable[Effect]]

HANDLERS: Mapping[type[Incoming], Handler] = {
    kinds.Follow: follow.remember_follower,
    kinds.UndoFollow: undo.forget_follower,
    kinds.Block: relations.leave_alone,
    kinds.UndoBlock: undo.unblock,
    kinds.CreateNote: create.add_comment,
    kinds.UpdateNote: update.change_comment,
    kinds.DeleteObject: delete.withdraw,
    kinds.DeleteActor: delete.forget_actor,
    kinds.Like: react.count_like,
    kinds.UndoLike: undo.take_back_like,
    kinds.UndoAnnounce: undo.take_back_boost,
    kinds.Undo: undo.undo_by_id,
    kinds.ReplyRequest: interaction.may_reply,
    kinds.LikeRequest: interaction.may_like,
    kinds.AnnounceRequest: interaction.may_boost,
    kinds.Flag: relations.keep_report,
}

ASKING: Mapping[type[Incoming], AskingHandler] = {
    kinds.CreateById: create.add_named_comment,
    kinds.UpdateById: update.change_named_comment,
    kinds.UpdateActor: update.change_profile,
    kinds.UndoDelete: delete.bring_back,
    kinds.Announce: react.count_boost,
    kinds.AnnounceActivity: react.take_up,
    kinds.Move: relations.note_move,
    kinds.QuoteRequest: quote.give_leave,
}

#: What is taken and has no effect, with the reason that `rundbrief why` tells.
IGNORED: Mapping[type[Incoming], str] = {
    kinds.AcceptActivity: "an answer to something we never asked: the blog follows nobody",
    kinds.RejectActivity: "an answer to something we never asked: the blog follows nobody",
    kinds.Dislike: "a dislike, which counts nothing here",
    kinds.UndoDislike: "the end of a dislike, which counted nothing here",
    kinds.Add: "somebody's own collection, such as their pinned posts",
    kinds.Remove: "somebody's own collection, such as their pinned posts",
}


class _Refused(Ignored):
    """The sender itself is blocked, and is told so (403)."""


class _CameMeanwhile(Exception):
    """Another process (PostgreSQL) has put the same activity into the record; this transaction is taken back."""


_GONE = Ignored(verdict="deleted", reason="its account was deleted, and with it all it says")
_SEEN_BEFORE = Ignored(verdict="duplicate", reason="the same activity came before")


@dataclass(frozen=True, kw_only=True)
class Inbox:
    """Takes what is proven. `pace` counts by server."""

    blog: Blog
    config: Config
    database: Database
    pace: Pace
    sources: Sources
    creators: Creators
    clock: Clock
    life: LifeSigns = field(default_factory=LifeSigns)

    async def receive(self, verified: VerifiedActivity) -> Result:
        """Apply one activity, once. Raises TooMany or Blocked; the result is committed when it is returned."""
        activity = verified.activity
        now = self.clock()
        server = host_of(verified.actor.id)
        self.pace.take(server)
        row = Received(
            blog_id=self.blog.id,
            seen_key=f"{activity.actor} {activity.dedupe_key}",
            activity_id=activity.id,
            type=type_name(activity),
            actor_id=activity.actor,
            server=server,
            object_id=object_of(activity),
            url=activity.note.url if isinstance(activity, kinds.CreateNote | kinds.UpdateNote) else None,
            verdict="ignored",
            reason="",
            status=202,
            received_at=now,
        )
        is_fresh = self.sources.actors.is_fresh(verified.actor)
        told = await self.database.read(lambda tx: self._told_unasked(tx, row)) if type(activity) in ASKING else None
        effect = saying(told) if told else await self._effect(verified, await self.context(verified))
        try:
            result = await self.database.jot(lambda tx: self._apply(tx, row, effect, is_fresh=is_fresh))
            self.sources.actors.kept(verified.actor)
        except _CameMeanwhile:
            await self.database.write(lambda tx: received.count_repeat(tx, str(row.seen_key)))
            result = _SEEN_BEFORE
        metrics.inbox(result.verdict)
        if self.life.is_news(server, now=now):
            await self.database.write(lambda tx: note_life(tx, server, now=now))
        log.debug("%s from %s: %s", row.type, server, result.verdict)
        if isinstance(result, _Refused):
            raise BlockedOnRecord(result.reason)
        return result

    async def context(self, verified: VerifiedActivity) -> Context:
        """What the handler of this activity may know and ask."""
        federation = self.config.federation
        limit = None if federation.allow_private_addresses else self.config.limits.new_followers_per_hour
        return Context(
            blog=self.blog,
            now=self.clock(),
            comments=self.config.comments,
            sources=self.sources,
            creators=self.creators,
            blocked=federation.blocked,
            new_followers_per_hour=limit,
            is_creator=await self.creators.include(verified.actor, verified.budget),
        )

    async def _effect(self, verified: VerifiedActivity, context: Context) -> Effect:
        activity = verified.activity
        if activity.id is not None and not same_site(activity.id, activity.actor):
            return lambda tx: Ignored(reason="its id is on another server than its actor")  # S33
        kind = type(activity)
        if (handler := HANDLERS.get(kind)) is not None:
            return self._with_sender(verified, handler(verified, activity, context))
        if (asking := ASKING.get(kind)) is not None:
            return self._with_sender(verified, await asking(verified, activity, context))
        reason = IGNORED.get(kind) or _no_use_for(activity)
        return self._with_sender(verified, lambda tx: Ignored(reason=reason))

    def _with_sender(self, verified: VerifiedActivity, effect: Effect) -> Effect:
        """Whoever says something is remembered: with the name to show, and the key that proves the next word."""

        def with_sender(tx: Transaction) -> Result:
            self.sources.actors.keep(tx, verified.actor)
            return effect(tx)

        return with_sender

    def _told_unasked(self, tx: Transaction, row: Received) -> Result | None:
        """What is said of it where nobody else is to be troubled: it came before, or the author blocks somebody."""
        if received.was_seen(tx, str(row.seen_key)) or self._blocked(tx, row.actor_id) is not None:
            return Ignored(reason="it came before, or its sender is blocked")
        by = self._blocked(tx, row.object_id)
        return None if by is None else Ignored(verdict="blocked", reason=f"it is about something of {by}, blocked here")

    def _blocked(self, tx: Transaction, address: str | None) -> str | None:
        return blocks.holding(tx, self.blog.id, address or "", self.config.federation.blocked)

    def _apply(self, tx: Transaction, row: Received, effect: Effect, *, is_fresh: bool) -> Result:
        actor_id = row.actor_id or ""
        standing = facts.of_activity(
            tx, self.blog.id, seen_key=str(row.seen_key), actor_id=actor_id, addresses=addresses_of(actor_id)
        )
        may_be_blocked = standing.may_be_blocked or self.config.federation.blocked
        blocked = self._blocked(tx, row.actor_id) if may_be_blocked else None
        if blocked is not None:
            told = f"the author blocks {blocked}"
            if not received.add(tx, row._replace(verdict="blocked", reason=told, status=403)):
                received.count_repeat(tx, str(row.seen_key))
            return _Refused(verdict="blocked", reason=told)
        if standing.came_before:
            received.count_repeat(tx, str(row.seen_key))
            return _SEEN_BEFORE
        # An account that is back shows itself by its key, which its server gave out again.
        result = _GONE if standing.is_gone and not is_fresh else effect(tx)
        judged = row._replace(verdict=result.verdict, reason=result.reason, issue_id=result.issue_id)
        if not received.add(tx, judged):
            raise _CameMeanwhile
        return result


def _no_use_for(activity: Incoming) -> str:
    if isinstance(activity, kinds.Unknown) and activity.object_type is not None:
        return f"we have no use for {activity.type} of the type {activity.object_type}"
    return f"we have no use for {type_name(activity)}"


def type_name(activity: Incoming) -> str:
    """What the record calls it: the name on the wire where we do not know the type."""
    return activity.type if isinstance(activity, kinds.Unknown) else type(activity).__name__


def object_of(activity: Incoming) -> str | None:
    """The address that the activity is about, for the record."""
    match activity:
        case kinds.CreateNote(note=note) | kinds.UpdateNote(note=note):
            return note.id
        case kinds.Follow(target=target) | kinds.Block(target=target) | kinds.Move(target=target):
            return target
        case kinds.Flag(object_ids=reported):
            return next(iter(reported), None)
        case kinds.UndoDelete(object_id=about) if about is not None:
            return about
        case kinds.Undo(undone=undone):
            return undone
        case kinds.AnnounceActivity(inner_object_id=inner):
            return inner
    return getattr(activity, "object_id", None)
