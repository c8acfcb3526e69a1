"""The rows of an issue's links -> what its author reads of them: in the ledger of `issues SLUG` and the admin pages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bridge.plurals import counted
from bridge.store import linkback_sends
from bridge.store.database import Transaction
from bridge.store.linkback_sends import SendRow, State

_WORDS: Mapping[State, str] = {
    "accepted": "accepted",
    "shown": "shown there",
    "none": "take none",
    "failed": "failed",
    "waiting": "waiting",
}


@dataclass(frozen=True, kw_only=True)
class LinkReport:
    """What became of the links of one issue. `sentence` is "" where there are none."""

    rows: Sequence[SendRow]
    sentence: str


def report_of(tx: Transaction, issue_id: int) -> LinkReport:
    """The links that are in the issue now, each with its state, and the sentence that sums them up."""
    rows = [row for row in linkback_sends.of_issue(tx, issue_id) if row.is_linked]
    counts = Counter(row.state for row in rows)
    parts = [f"{counts[state]} {word}" for state, word in _WORDS.items() if state != "waiting" or counts[state]]
    return LinkReport(rows=rows, sentence=f"{counted(len(rows), 'link')}: {', '.join(parts)}" if rows else "")
