"""Delete of a post or of an actor: only one's own; a Delete before its Create wins, until it is taken back."""

from __future__ import annotations

from datetime import datetime

from bridge.activity.incoming_types import DeleteActor, DeleteObject, UndoDelete
from bridge.errors import FetchError
from bridge.inbox.arrival import HIDDEN_BY_AUTHOR, keep
from bridge.inbox.authenticate import VerifiedActivity
from bridge.inbox.context import Context
from bridge.inbox.result import Done, Effect, Ignored, Result, saying
from bridge.inbox.revival import TAKEN_OFF, revive
from bridge.inbox.sent_posts import own_arrival
from bridge.store import actors, changes, entries, followers, reactions, tombstones
from bridge.store.database import Transaction
from bridge.store.entries import EntryRow
from bridge.urls import same_origin

_NOT_YOURS = "the post belongs to another actor"
_NO_POST = "takes a deletion back that was not of a post"


def withdraw(verified: VerifiedActivity, delete: DeleteObject, context: Context) -> Effect:
    """May it? Only the entry's own author; of a post not here yet, only an actor of its server (security S30).

    Handed on by another, it is proven by its server not showing the post, which says something only of a post that is
    here and public: a private one is not shown to us either, nor is one that is not written yet.
    """
    actor, object_id = verified.actor, delete.object_id
    is_handed_on = verified.proof == "refetch"

    def effect(tx: Transaction) -> Result:
        entry = entries.find_by_object(tx, context.blog.id, object_id)
        if entry is not None and entry.actor_id != actor.id:
            return Ignored(reason=_NOT_YOURS, issue_id=entry.issue_id)
        if is_handed_on and not _may_be_seen_by_all(entry):
            issue_id = None if entry is None else entry.issue_id
            return Ignored(
                reason="a Delete that another handed on, of a post whose server shows it to nobody", issue_id=issue_id
            )
        if entry is None:
            if not same_origin(object_id, actor.id):
                return Ignored(reason="the post belongs to another server")
            tombstones.add(tx, object_id, actor.id, now=context.now)
            return Ignored(verdict="deleted", reason="a post that is not here; should it come, it stays deleted")
        empty(tx, entry, context.now)
        tombstones.add(tx, object_id, actor.id, now=context.now)
        return Done(verdict="deleted", reason="deleted by its author", issue_id=entry.issue_id)

    return effect


def withdraw_gone(tx: Transaction, object_id: str, context: Context) -> Result | None:
    """A public post whose own server says, when asked, that it is gone; None where it is not here."""
    entry = entries.find_by_object(tx, context.blog.id, object_id)
    if entry is None or entry.state == "deleted" or entry.actor_id is None or not _may_be_seen_by_all(entry):
        return None
    empty(tx, entry, context.now)
    tombstones.add(tx, object_id, entry.actor_id, now=context.now)
    return Done(verdict="deleted", reason="its own server says that it is gone", issue_id=entry.issue_id)


def _may_be_seen_by_all(entry: EntryRow | None) -> bool:
    return entry is not None and entry.visibility in ("public", "unlisted")


async def bring_back(verified: VerifiedActivity, undo: UndoDelete, context: Context) -> Effect:
    """May it? Only who deleted the post, which is its author; what it says now, its own server must show."""
    actor, object_id = verified.actor, undo.object_id
    if undo.undone_actor not in (None, actor.id) or (object_id and not same_origin(object_id, actor.id)):
        return saying(Ignored(reason=_NOT_YOURS))
    if object_id is None or str(object_id) == actor.id:
        return saying(Ignored(reason=_NO_POST))
    try:
        note, author = await context.sources.post(object_id, verified.budget)
    except FetchError as error:
        return saying(Ignored(reason=f"takes a deletion back, but the post could not be fetched: {error}"))
    if author.id != actor.id:
        return saying(Ignored(reason=_NOT_YOURS))
    arrival = own_arrival(note, author, context, not_own=_NOT_YOURS)
    if isinstance(arrival, Ignored):
        return saying(arrival)

    def effect(tx: Transaction) -> Result:
        entry = entries.find_by_object(tx, context.blog.id, note.id)
        if entry is not None and entry.actor_id not in (None, actor.id):
            return Ignored(reason=_NOT_YOURS, issue_id=entry.issue_id)
        tombstones.lift(tx, note.id, actor.id)
        if entry is None or entry.state != "deleted":
            return keep(tx, arrival, context)
        return revive(tx, entry, arrival, context)

    return effect


def forget_actor(verified: VerifiedActivity, delete: DeleteActor, context: Context) -> Effect:
    """May it? Only the actor itself: the parser made sure that it names itself."""
    actor_id = verified.actor.id

    def effect(tx: Transaction) -> Result:
        followers.remove(tx, context.blog.id, actor_id)
        for entry in entries.of_actor(tx, context.blog.id, actor_id):
            empty(tx, entry, context.now)
        for issue_id in reactions.remove_all_of(tx, actor_id):
            tx.touch(changes.issue(issue_id))
        context.sources.actors.forget(actor_id)
        actors.mark_gone(tx, actor_id, now=context.now)
        return Done(verdict="deleted", reason="the account was deleted, and with it all it said here")

    return effect


def empty(tx: Transaction, entry: EntryRow, now: datetime) -> None:
    """Take everything out of the entry; its place stays, for the answers below it."""
    was_taken_off = entry.state == "spam" or (entry.state == "hidden" and entry.reason == HIDDEN_BY_AUTHOR)
    entries.empty(tx, entry.id, reason=TAKEN_OFF if was_taken_off else "deleted by its author", now=now)
    tx.touch(changes.issue(entry.issue_id))
