"""Block, Move and Flag: what somebody is to the blog, or says about it to its author (protocol sheet section 7)."""

from __future__ import annotations

from datetime import timedelta

from bridge.activity.incoming_types import Block, Flag, Move
from bridge.conversation import approval
from bridge.errors import FetchError
from bridge.inbox.arrival import judge_again
from bridge.inbox.authenticate import VerifiedActivity
from bridge.inbox.context import Context
from bridge.inbox.own_posts import place_at
from bridge.inbox.result import Done, Effect, Ignored, Result
from bridge.store import actors, changes, entries, followers, received, remote_pictures, tombstones
from bridge.store.database import Transaction, WakeUp
from bridge.terms import ActorId

_MOVES_APART = timedelta(days=7)
_LONGEST_REPORT = 2_000


def leave_alone(verified: VerifiedActivity, block: Block, context: Context) -> Effect:
    """May it? Anybody may block the blog: they follow no more, and what they said is not shown."""
    if not context.is_us(block.target):
        return lambda tx: Ignored(reason="a block of somebody else")

    def effect(tx: Transaction) -> Result:
        actor_id = verified.actor.id
        if block.id is not None and tombstones.lift(tx, block.id, actor_id):
            return Ignored(verdict="deleted", reason="the block was taken back before it arrived")
        followed = followers.remove(tx, context.blog.id, actor_id)
        actors.mark_block(tx, actor_id, blocks=True)
        for entry in entries.of_actor(tx, context.blog.id, actor_id):
            if entry.state == "shown":
                hidden = {"state": "hidden", "reason": approval.BLOCKS_US, "changed_at": context.now}
                entries.change(tx, entry.id, hidden)
        _touch_all_of(tx, context, actor_id)
        return Done(reason="blocks the blog; " + ("no longer a follower" if followed else "was no follower"))

    return effect


def _touch_all_of(tx: Transaction, context: Context, actor_id: ActorId) -> None:
    """Wherever the person is seen, also by face alone, that changes now."""
    for issue_id in remote_pictures.issues_of(tx, context.blog.id, actor_id):
        tx.touch(changes.issue(issue_id))
    for entry in entries.of_actor(tx, context.blog.id, actor_id):
        tx.touch(changes.issue(entry.issue_id))
    tx.wake(WakeUp(kind=remote_pictures.KIND, key=f"actor {actor_id}"))


def show_again(tx: Transaction, verified: VerifiedActivity, context: Context) -> Result:
    """The block has ended: what it hid is shown again, unless something else speaks against it."""
    actor_id = verified.actor.id
    actors.mark_block(tx, actor_id, blocks=False)
    for entry in entries.of_actor(tx, context.blog.id, actor_id):
        if entry.state == "hidden" and entry.reason == approval.BLOCKS_US:
            judge_again(tx, entry, context, declined=verified.actor.no_blog)
    _touch_all_of(tx, context, actor_id)
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
        found = (place_at(tx, object_id, context) for object_id in flag.object_ids)
        issue_id = next((place.issue_id for place in found if place is not None), None)
        about = ", ".join(flag.object_ids[:5])
        return Done(verdict="held", reason=f"a report for the author about {about}: {said}", issue_id=issue_id)

    return effect
