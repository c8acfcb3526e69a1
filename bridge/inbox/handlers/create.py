"""Create of a post that answers one of ours -> an entry under the issue."""

from __future__ import annotations

from bridge.activity.ids import new_token
from bridge.activity.incoming_note import Note
from bridge.activity.incoming_types import CreateNote
from bridge.conversation import approval, sanitize
from bridge.inbox.authenticate import VerifiedActivity
from bridge.inbox.context import Context
from bridge.inbox.entry_values import values_from
from bridge.inbox.result import Done, Effect, Ignored, Result, Verdict
from bridge.store import changes, entries, issues, tombstones
from bridge.store.database import Transaction
from bridge.urls import same_origin


def add_comment(verified: VerifiedActivity, create: CreateNote, context: Context) -> Effect:
    """May it? Only the author of a post may bring it, and only from its own server (security S31, S32)."""
    note, actor = create.note, verified.actor
    if note.attributed_to != actor.id or not same_origin(note.id, actor.id):
        return lambda tx: Ignored(reason="the post is not by its sender, or not from the sender's server")
    if note.is_poll_vote:
        return lambda tx: Ignored(reason="a vote in a poll; we have none")
    if note.in_reply_to is None:
        return lambda tx: Ignored(reason="a post that answers nothing of ours")
    values = values_from(note, actor, blog_id=context.blog.id, now=context.now)
    text = sanitize.text_of(note.content_html) + " " + (note.content_warning or "")

    def effect(tx: Transaction) -> Result:
        return keep(tx, note, {**values, "actor_id": actor.id}, text, context, declined=note.no_blog or actor.no_blog)

    return effect


def keep(
    tx: Transaction, note: Note, values: dict[str, object], text: str, context: Context, *, declined: bool
) -> Result:
    """Judge the reply and keep it under its issue, in whatever state it is."""
    blog = context.blog
    known = entries.find_by_object(tx, blog.id, note.id)
    if known is not None:
        return Ignored(verdict="duplicate", reason="the reply is here already", issue_id=known.issue_id)
    if tombstones.find(tx, note.id) == note.attributed_to:
        return Ignored(verdict="deleted", reason="its author deleted it before it arrived")
    place = None if note.in_reply_to is None else entries.issue_of(tx, blog.id, note.in_reply_to)
    if place is None:
        return Ignored(reason=f"it answers {note.in_reply_to}, which is not here")
    issue_id, section = place
    issue = issues.find(tx, issue_id)
    judged = approval.verdict(
        approval.Asked(
            visibility=note.visibility,
            text=text,
            known=entries.approved_before(tx, blog.id, note.attributed_to),
            closed=issue is None or issue.closed(context.now),
            declined=declined,
        ),
        policy=context.comments.approval,
        words=context.comments.words,
    )
    entries.add(
        tx,
        {
            **values,
            "token": new_token(),
            "issue_id": issue_id,
            "section": section,
            "state": judged.state,
            "reason": judged.reason,
        },
    )
    if judged.state == "shown":
        tx.touch(changes.issue(issue_id))
    return Done(verdict=verdict_of(judged.state), reason=judged.reason, issue_id=issue_id)


def verdict_of(state: str) -> Verdict:
    """The word that `why` begins with for an entry in this state."""
    words: dict[str, Verdict] = {
        "shown": "shown", "held": "held", "private": "private", "deleted": "deleted", "closed": "closed",
        "blocked": "blocked",
    }  # fmt: skip
    return words.get(state, "hidden")
