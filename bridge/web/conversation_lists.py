"""An object of ours -> the ids that its collections list: public members only (contract section 6)."""

from __future__ import annotations

from bridge.store import entries, reactions
from bridge.store.database import Transaction
from bridge.store.entries import EntryRow
from bridge.store.published import ObjectRow


def _shown(tx: Transaction, row: ObjectRow) -> list[EntryRow]:
    if row.issue_id is None:
        return []
    return [
        entry
        for entry in entries.of_issue(tx, row.issue_id)
        if entry.state == "shown" and entry.visibility in ("public", "unlisted") and entry.kind in ("reply", "quote")
    ]


def reply_ids(tx: Transaction, row: ObjectRow) -> list[str]:
    """The shown answers to this very object, oldest first."""
    return [entry.object_id for entry in _shown(tx, row) if entry.in_reply_to == row.id]


def context_ids(tx: Transaction, row: ObjectRow) -> list[str]:
    """The whole conversation: the object first, then what was said, in order (FEP-f228)."""
    return [row.id, *(entry.object_id for entry in _shown(tx, row))]


def like_ids(tx: Transaction, row: ObjectRow) -> list[str]:
    """Who liked; only the count is told."""
    return _reactions(tx, row, "like")


def share_ids(tx: Transaction, row: ObjectRow) -> list[str]:
    """Who boosted; only the count is told."""
    return _reactions(tx, row, "boost")


def _reactions(tx: Transaction, row: ObjectRow, kind: reactions.Kind) -> list[str]:
    if row.issue_id is None:
        return []
    return [one.actor_id for one in reactions.of_issue(tx, row.issue_id) if one.kind == kind]
