"""Update of a post or a profile: only by its own author."""

from __future__ import annotations

from bridge.activity.incoming_types import UpdateActor, UpdateNote
from bridge.conversation import approval, sanitize
from bridge.inbox.authenticate import VerifiedActivity
from bridge.inbox.context import Context
from bridge.inbox.entry_values import text_values
from bridge.inbox.handlers.create import verdict_of
from bridge.inbox.result import Done, Effect, Ignored, Result
from bridge.store import actors, changes, entries, followers, issues
from bridge.store.database import Transaction

_NOT_YOURS = "the post belongs to another actor"


def change_comment(verified: VerifiedActivity, update: UpdateNote, context: Context) -> Effect:
    """May it? Only the author of the entry, which is who sent it at first (security S29)."""
    note, actor = update.note, verified.actor
    if note.attributed_to != actor.id:
        return lambda tx: Ignored(reason=_NOT_YOURS)
    values = text_values(note)
    text = sanitize.text_of(note.content_html) + " " + (note.content_warning or "")

    def effect(tx: Transaction) -> Result:
        entry = entries.find_by_object(tx, context.blog.id, note.id)
        if entry is None:
            return Ignored(reason="an edit of a post that is not here")
        if entry.actor_id != actor.id:
            return Ignored(reason=_NOT_YOURS, issue_id=entry.issue_id)
        if entry.state == "deleted":
            return Ignored(verdict="deleted", reason="its author had deleted it", issue_id=entry.issue_id)
        if entry.updated is not None and note.updated is not None and note.updated < entry.updated:
            return Ignored(reason="an older edit than the one that is here", issue_id=entry.issue_id)
        issue = issues.find(tx, entry.issue_id)
        judged = approval.verdict(
            approval.Asked(
                visibility=note.visibility,
                text=text,
                known=True,
                # Who was in time may still correct a word.
                closed=issue is None or entry.state == "closed",
                declined=note.no_blog or actor.no_blog,
                is_creator=entry.is_author,
            ),
            policy="none" if entry.state == "shown" else context.comments.approval,
            words=context.comments.words,
        )
        state = entry.state if entry.state in ("hidden", "spam", "held") else judged.state
        entries.change(
            tx,
            entry.id,
            {
                **values,
                "visibility": note.visibility,
                "updated": note.updated or context.now,
                "state": state,
                "reason": judged.reason if state == judged.state else entry.reason,
                "changed_at": context.now,
            },
        )
        tx.touch(changes.issue(entry.issue_id))
        return Done(verdict=verdict_of(state), reason="edited by its author", issue_id=entry.issue_id)

    return effect


def change_profile(verified: VerifiedActivity, update: UpdateActor, context: Context) -> Effect:
    """May it? Only the actor itself."""
    profile = update.profile
    if update.subject != verified.actor.id or (profile is not None and profile.id != verified.actor.id):
        return lambda tx: Ignored(reason="a profile of another actor")
    if profile is None:
        return lambda tx: Ignored(reason="a profile that is not whole")

    def effect(tx: Transaction) -> Result:
        actors.record(tx, profile, now=context.now)
        followers.change_addresses(
            tx, context.blog.id, profile.id, inbox=profile.inbox, shared_inbox=profile.shared_inbox
        )
        return Done(reason="the profile is renewed")

    return effect
