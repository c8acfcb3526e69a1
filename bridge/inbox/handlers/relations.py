"""Block, Move and Flag: what somebody is to the blog, or says about it to its author (protocol sheet section 7)."""

from __future__ import annotations

from datetime import timedelta

from bridge.activity.incoming_types import Block, Flag, Move
from bridge.errors import FetchError
from bridge.inbox.authenticate import VerifiedActivity
from bridge.inbox.context import Context
from bridge.inbox.result import Done, Effect, Ignored, Result
from bridge.store import actors, changes, entries, followers, places, received
from bridge.store.database import Transaction

_BLOCKS_US = "Its author blocks this blog, so it is not shown."
_MOVES_APART = timedelta(days=7)
_LONGEST_REPORT = 2_000


def leave_alone(verified: VerifiedActivity, block: Block, context: Context) -> Effect:
    """May it? Anybody may block the blog: they follow no more, and what they said is not shown."""
    if not context.is_us(block.target):
        return lambda tx: Ignored(reason="a block of somebody else")

    def effect(tx: Transaction) -> Result:
        followed = followers.remove(tx, context.blog.id, verified.actor.id)
        for entry in entries.of_actor(tx, context.blog.id, verified.actor.id):
            if entry.state == "shown":
                entries.change(tx, entry.id, {"state": "hidden", "reason": _BLOCKS_US, "changed_at": context.now})
                tx.touch(changes.issue(entry.issue_id))
        return Done(reason="blocks the blog; " + ("no longer a follower" if followed else "was no follower"))

    return effect


def show_again(tx: Transaction, verified: VerifiedActivity, context: Context) -> Result:
    """The block has ended: what it hid stands again."""
    for entry in entries.of_actor(tx, context.blog.id, verified.actor.id):
        if entry.state == "hidden" and entry.reason == _BLOCKS_US:
            values = {"state": "shown", "reason": "Its author no longer blocks this blog.", "changed_at": context.now}
            entries.change(tx, entry.id, values)
            tx.touch(changes.issue(entry.issue_id))
    return Done(reason="no longer blocks the blog")


async def note_move(verified: VerifiedActivity, move: Move, context: Context) -> Effect:
    """May it? Only the actor itself, to an account that names it as its own, and not again within a week (S40)."""
    actor = verified.actor
    if move.subject != actor.id or move.target == actor.id:
        return lambda tx: Ignored(reason="a move of another actor")
    try:
        target = await context.sources.actor(move.target, verified.budget, fresh=True)
    except FetchError as error:
        told = f"a move to an account that could not be fetched: {error}"
        return lambda tx: Ignored(reason=told)
    if actor.id not in target.also_known_as:
        return lambda tx: Ignored(reason=f"a move to {target.id}, which does not say that it was this account")

    def effect(tx: Transaction) -> Result:
        if received.moved_since(tx, actor.id, since=context.now - _MOVES_APART):
            return Ignored(reason="a second move within a week")
        actors.mark_moved(tx, actor.id, target.id)
        context.sources.actors.forget(actor.id)
        follows = followers.find(tx, context.blog.id, actor.id) is not None
        told = "; it stays a follower until the new account follows or this one leaves" if follows else ""
        return Done(reason=f"moved to {target.id}{told}")

    return effect


def keep_report(verified: VerifiedActivity, flag: Flag, context: Context) -> Effect:
    """May it? Any server may report to the author; nothing of it is ever public."""
    said = " ".join(flag.content.split())[:_LONGEST_REPORT] or "no words"

    def effect(tx: Transaction) -> Result:
        found = (places.of_object(tx, context.blog.id, object_id) for object_id in flag.object_ids)
        issue_id = next((place.issue_id for place in found if place is not None), None)
        about = ", ".join(flag.object_ids[:5])
        return Done(verdict="held", reason=f"a report for the author about {about}: {said}", issue_id=issue_id)

    return effect
