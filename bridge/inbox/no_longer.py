"""A like, boost or follow on record -> whether it still stands: `why` must not say that it counts after its undo."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bridge.inbox.result import Verdict
from bridge.store import entries, followers, reactions
from bridge.store.database import Transaction
from bridge.store.received import Received
from bridge.terms import ActorId

_REACTIONS: Mapping[str, reactions.Kind] = {"Like": "like", "Announce": "boost", "AnnounceActivity": "boost"}
_HAD_EFFECT = frozenset({"done", "shown", "duplicate"})


def no_longer(tx: Transaction, blog_id: int, asked: str, records: Sequence[Received]) -> tuple[Verdict, str] | None:
    """The verdict now and a sentence, where the activity with this id had its effect and has it no more."""
    row = next((row for row in records if row.activity_id == asked and row.verdict in _HAD_EFFECT), None)
    if row is None or row.actor_id is None:
        return None
    if row.type == "Follow":
        follows = followers.find(tx, blog_id, ActorId(row.actor_id)) is not None
        return None if follows else ("deleted", "It ended since: this person does not follow the blog any more.")
    kind = _REACTIONS.get(row.type)
    if kind is None or row.issue_id is None or _brought_a_post(tx, blog_id, row):
        return None
    of_issue = reactions.of_issue(tx, row.issue_id)
    if any(one.kind == kind and one.actor_id == row.actor_id for one in of_issue):
        return "duplicate", "It does not stand itself; what the same person did besides it counts."
    return "deleted", "It was taken back since and counts no more."


def _brought_a_post(tx: Transaction, blog_id: int, row: Received) -> bool:
    """Whether it was a boost of somebody's reply, which is here."""
    return row.object_id is not None and entries.find_by_object(tx, blog_id, row.object_id) is not None
