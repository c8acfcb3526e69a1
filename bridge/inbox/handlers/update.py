"""Update of a post or a profile: only by its own author."""

from __future__ import annotations

from dataclasses import replace

from bridge.activity.incoming_note import Note
from bridge.activity.incoming_types import UpdateActor, UpdateById, UpdateNote
from bridge.activity.remote_actor import RemoteActor
from bridge.conversation import approval
from bridge.errors import FetchError
from bridge.inbox.arrival import edit, judge_again, keep
from bridge.inbox.authenticate import VerifiedActivity
from bridge.inbox.context import Context
from bridge.inbox.result import Done, Effect, Ignored, Result, saying
from bridge.inbox.sent_posts import named_post, own_arrival
from bridge.store import actors, changes, entries, followers, remote_pictures
from bridge.store.database import Transaction, WakeUp
from bridge.store.entries import EntryRow
from bridge.urls import same_site

_NOT_YOURS = "the post belongs to another actor"


def change_comment(verified: VerifiedActivity, update: UpdateNote, context: Context) -> Effect:
    """May it? Only the author of the entry, which is who sent it at first (security S29)."""
    return _changed(update.note, verified.actor, context)


async def change_named_comment(verified: VerifiedActivity, update: UpdateById, context: Context) -> Effect:
    """May it? As above, once the sender's server has shown what the id stands for now."""
    found = await named_post(verified, update.object_id, context, not_own=_NOT_YOURS)
    return saying(found) if isinstance(found, Ignored) else _changed(*found, context)


def _changed(note: Note, actor: RemoteActor, context: Context) -> Effect:
    arrival = own_arrival(note, actor, context, not_own=_NOT_YOURS)
    if isinstance(arrival, Ignored):
        return saying(arrival)

    def effect(tx: Transaction) -> Result:
        entry = entries.find_by_object(tx, context.blog.id, note.id)
        if entry is None:
            # The Create may still be on its way, or was never sent to us: what is said now is what counts.
            edited_at = arrival.values["updated"] or context.now
            return keep(tx, replace(arrival, values={**arrival.values, "updated": edited_at}), context)
        if entry.actor_id != actor.id:
            return Ignored(reason=_NOT_YOURS, issue_id=entry.issue_id)
        return edit(tx, entry, arrival, context)

    return effect


async def change_profile(verified: VerifiedActivity, update: UpdateActor, context: Context) -> Effect:
    """May it? Only the actor itself. What came only in part is fetched whole."""
    if update.subject != verified.actor.id:
        return lambda tx: Ignored(reason="a profile of another actor")
    profile = update.profile
    if profile is None or profile.id != verified.actor.id:
        try:
            profile = await context.sources.actor(verified.actor.id, verified.budget, fresh=True)
        except FetchError as error:
            told = f"a profile that is not whole and could not be fetched: {error}"
            return lambda tx: Ignored(reason=told)
    whole = profile
    context.sources.actors.forget(whole.id)
    return lambda tx: _renew(tx, whole, context)


def _renew(tx: Transaction, profile: RemoteActor, context: Context) -> Result:
    """The new name and picture stand with what the person said before, too."""
    actors.record(tx, profile, now=context.now)
    actors.mark_moved(tx, profile.id, profile.moved_to)
    if same_site(profile.inbox, profile.id):  # S79
        followers.change_addresses(
            tx, context.blog.id, profile.id, inbox=profile.inbox, shared_inbox=profile.shared_inbox
        )
    for entry in entries.of_actor(tx, context.blog.id, profile.id):
        if entry.state == "deleted":
            continue
        name = profile.name or entry.author_name
        values = {"author_name": name, "author_avatar": profile.icon_url, "author_url": profile.url or profile.id}
        if profile.no_blog and entry.state == "shown":
            values |= {"state": "hidden", "reason": approval.PROFILE_DECLINES}
        entries.change(tx, entry.id, {**values, "changed_at": context.now})
        if not profile.no_blog and _was_declined(entry):
            judge_again(tx, entry, context, declined=False)
        tx.touch(changes.issue(entry.issue_id))
    for issue_id in remote_pictures.issues_of(tx, context.blog.id, profile.id):
        tx.touch(changes.issue(issue_id))
    tx.wake(WakeUp(kind=remote_pictures.KIND, key=f"actor {profile.id}"))
    return Done(reason="the profile is renewed")


def _was_declined(entry: EntryRow) -> bool:
    """Whether the old profile hid it; a post that asks for itself to be kept off the page still asks."""
    by_wish = entry.reason in (approval.PROFILE_DECLINES, approval.POST_DECLINES)
    return entry.state == "hidden" and by_wish and not approval.asks_to_stay_off(entry.text)
