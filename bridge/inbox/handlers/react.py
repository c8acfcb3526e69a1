"""Like and Announce of something of ours -> a reaction of its actor; of somebody's reply -> the reply itself."""

from __future__ import annotations

from bridge.activity.incoming_types import Announce, AnnounceActivity, Like
from bridge.errors import FetchError, FetchGone, FetchNotFound
from bridge.inbox.arrival import FORGOTTEN, arrival_of, edit, is_edited, keep, unfit
from bridge.inbox.authenticate import VerifiedActivity
from bridge.inbox.context import Context
from bridge.inbox.handlers.delete import withdraw_gone
from bridge.inbox.own_posts import place_of_ours
from bridge.inbox.result import Done, Effect, Ignored, Result
from bridge.store import changes, entries, forgotten, reactions, received, tombstones
from bridge.store.database import Transaction
from bridge.terms import ActorId

#: What a group may pass on of others that is worth asking the origin about; votes and their undoing cannot be proven.
_SHOWN_INNER = frozenset({"Create", "Update", "Delete", "Announce"})


def count_like(verified: VerifiedActivity, like: Like, context: Context) -> Effect:
    """May it? Anybody may like, once."""
    return _count(verified, context, "like", like.object_id, like.id, like.content)


async def count_boost(verified: VerifiedActivity, announce: Announce, context: Context) -> Effect:
    """May it? Anybody may boost, once; a boost that is not public is told to nobody.

    A boost of something that is not ours may pass on a reply that we never got: its origin is asked.
    """
    if not announce.is_public:
        return _told_to_nobody
    if context.blog.addresses.is_ours(announce.object_id):
        return _count(verified, context, "boost", announce.object_id, announce.id, None)
    return await _handed_on(verified, announce.object_id, context)


async def take_up(verified: VerifiedActivity, announce: AnnounceActivity, context: Context) -> Effect:
    """May it? A group may name what others did; only their own servers can prove it (FEP-1b12, Lemmy).

    Our own Create, whole in a boost, is our post boosted.
    """
    if announce.inner_object_id is not None and _is_our_create(announce, context):
        if not announce.is_public:
            return _told_to_nobody
        return _count(verified, context, "boost", announce.inner_object_id, announce.id, None)
    if announce.inner_object_id is None or announce.inner_type not in _SHOWN_INNER:
        kind = announce.inner_type
        return lambda tx: Ignored(reason=f"a group hands on a {kind} of somebody else, which nobody can prove")
    if context.blog.addresses.is_ours(announce.inner_object_id):
        return lambda tx: Ignored(reason="a group hands on what somebody did to a post of ours; nobody can prove it")
    says_deleted = announce.inner_type == "Delete"
    return await _handed_on(verified, announce.inner_object_id, context, says_deleted=says_deleted)


def _is_our_create(announce: AnnounceActivity, context: Context) -> bool:
    return announce.inner_type == "Create" and announce.inner_actor == context.blog.actor_id


def _told_to_nobody(tx: Transaction) -> Result:
    return Ignored(verdict="private", reason="a boost that is not public")


async def _handed_on(
    verified: VerifiedActivity, object_id: str, context: Context, *, says_deleted: bool = False
) -> Effect:
    """Somebody names a post of another: fetched from its own server, and kept if it belongs here (security S25).

    A 410 takes it away, a 404 only where it is said to be deleted: anybody can ask at a moment when it is not found.
    """
    try:
        note, actor = await context.sources.post(object_id, verified.budget)
    except (FetchGone, FetchNotFound) as error:
        told = f"it names a post that is not there: {error}"
        if isinstance(error, FetchNotFound) and not says_deleted:
            return lambda tx: Ignored(reason=told)
        return lambda tx: withdraw_gone(tx, object_id, context) or Ignored(reason=told)
    except FetchError as error:
        told = f"it names a post that could not be fetched: {error}"
        return lambda tx: Ignored(reason=told)
    if (reason := unfit(note)) is not None:
        return lambda tx: Ignored(reason=reason)
    is_creator = await context.creators.include(actor, verified.budget)
    arrival = arrival_of(note, actor, context, way="announce", is_creator=is_creator)

    def effect(tx: Transaction) -> Result:
        entry = entries.find_by_object(tx, context.blog.id, note.id)
        if entry is not None and is_edited(entry, arrival, context.now):
            return edit(tx, entry, arrival, context)
        return keep(tx, arrival, context)

    return effect


def _came_before(tx: Transaction, actor_id: ActorId, activity_id: str | None) -> bool:
    """Others hand on what was said once, maybe long after it was undone; who says it anew signs it anew."""
    return activity_id is not None and received.of_sender(tx, actor_id, activity_id) is not None


def _count(
    verified: VerifiedActivity,
    context: Context,
    kind: reactions.Kind,
    object_id: str,
    activity_id: str | None,
    content: str | None,
) -> Effect:
    def effect(tx: Transaction) -> Result:
        place = place_of_ours(tx, object_id, context)
        if place is None:
            return Ignored(reason=f"a {kind} of {object_id}, which is not ours")
        issue_id, post = place.issue_id, place.post or object_id
        if verified.proof != "signature" and _came_before(tx, verified.actor.id, activity_id):
            return Ignored(verdict="duplicate", reason="the same activity came before", issue_id=issue_id)
        if activity_id is not None and verified.actor.id in tombstones.deleters(tx, activity_id):
            return Ignored(verdict="deleted", reason=f"the {kind} was taken back before it arrived", issue_id=issue_id)
        if forgotten.since(tx, context.blog.id, verified.actor.id) is not None:
            return Ignored(verdict="hidden", reason=FORGOTTEN, issue_id=issue_id)
        kept = reactions.add(
            tx,
            context.blog.id,
            issue_id=issue_id,
            kind=kind,
            actor_id=verified.actor.id,
            object_id=post,
            activity_id=activity_id,
            content=content,
            now=context.now,
        )
        if kept in ("first", "another"):
            tx.touch(changes.issue(issue_id))
        return _counted(kept, kind, issue_id)

    return effect


def _counted(kept: reactions.Kept, kind: reactions.Kind, issue_id: int) -> Result:
    match kept:
        case "first":
            return Done(verdict="shown", reason=f"counts as a {kind}", issue_id=issue_id)
        case "another":
            reason = f"kept beside what this person did before; together they count as one {kind}"
        case "same":
            reason = f"has done so before: one {kind} a person"
        case "full":
            reason = f"more than {reactions.MOST_OF_ONE} reactions of one person"
    return Ignored(verdict="duplicate", reason=reason, issue_id=issue_id)
