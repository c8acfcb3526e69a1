"""A comment whose author took its deletion back -> the same entry, with what its own server shows now.

It stands where it stood, below the same post, and is judged as when it came; what the author of the blog decided of it
holds.
"""

from __future__ import annotations

from bridge.conversation import approval
from bridge.inbox.arrival import FORGOTTEN, HIDDEN_BY_AUTHOR, Arrival, is_empty
from bridge.inbox.context import Context
from bridge.inbox.result import Done, Ignored, Result, verdict_of
from bridge.store import changes, entries, facts, forgotten, issues
from bridge.store.database import Transaction
from bridge.store.entries import EntryRow

#: Why an entry is empty that the author of the blog had hidden, or called spam, before: it does not come back shown.
TAKEN_OFF = "deleted by its author, after you had taken it off the page"
#: What of an entry stays as it was when it came first.
_LASTING = frozenset({"blog_id", "kind", "in_reply_to", "received_at", "ways"})


def revive(tx: Transaction, entry: EntryRow, arrival: Arrival, context: Context) -> Result:
    """Fill an entry that its author had emptied. That its author wants it back must be proven already."""
    note = arrival.note
    if forgotten.since(tx, context.blog.id, note.attributed_to) is not None:
        return Ignored(verdict="hidden", reason=FORGOTTEN, issue_id=entry.issue_id)
    url, face = note.url or note.id, arrival.actor.icon_url
    known = facts.of_post(tx, context.blog.id, object_id=note.id, url=url, actor_id=note.attributed_to, face=face)
    state, reason = _judged(tx, entry, arrival, context, known)
    values = {name: value for name, value in arrival.values.items() if name not in _LASTING}
    if known.handle is not None:
        values["author_handle"] = f"@{known.handle}"
    entries.change(tx, entry.id, {**values, "state": state, "reason": reason})
    tx.touch(changes.issue(entry.issue_id))
    told = f"Its author took the deletion back. {reason}"
    return Done(verdict=verdict_of(state), reason=told, issue_id=entry.issue_id)


def _judged(
    tx: Transaction, entry: EntryRow, arrival: Arrival, context: Context, known: facts.Facts
) -> tuple[str, str]:
    if entry.reason == TAKEN_OFF and arrival.note.is_public:
        return "hidden", HIDDEN_BY_AUTHOR
    issue = issues.find(tx, entry.issue_id)
    judged = approval.verdict(
        approval.Asked(
            visibility=arrival.note.visibility,
            text=arrival.text,
            known=known.was_shown,
            closed=issue is not None and issue.closed(entry.received_at),
            declined=arrival.actor.no_blog,
            asks_itself=arrival.note.no_blog,
            blocks_us=known.blocks_us,
            is_empty=is_empty(arrival, entry.kind),
            is_creator=arrival.is_creator,
        ),
        policy=context.comments.approval,
        words=context.comments.words,
    )
    return judged.state, judged.reason
