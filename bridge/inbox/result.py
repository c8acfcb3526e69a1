"""What became of an activity, as a value: every one ends in `Done` or `Ignored`, with a reason the author can read.

`verdict` is the first word that `rundbrief why` says (contract section 4).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from bridge.store.database import Transaction

Verdict = Literal[
    "shown", "held", "private", "deleted", "duplicate", "closed", "blocked", "hidden", "expired", "ignored",
    "bad-signature", "parked", "not-received", "done",
]  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Done:
    """It had its effect. `issue_id` is the issue it is about."""

    verdict: Verdict = "done"
    reason: str
    issue_id: int | None = None


@dataclass(frozen=True, kw_only=True)
class Ignored:
    """It had none, on purpose."""

    verdict: Verdict = "ignored"
    reason: str
    issue_id: int | None = None


Result = Done | Ignored

#: The part of a handler that touches the database; what costs time was done before it.
Effect = Callable[[Transaction], Result]


def saying(result: Result) -> Effect:
    """An effect that changes nothing and ends in this."""
    return lambda tx: result


def verdict_of(state: str) -> Verdict:
    """The word that `why` begins with for an entry in this state."""
    words: dict[str, Verdict] = {
        "shown": "shown", "held": "held", "private": "private", "deleted": "deleted", "closed": "closed",
        "blocked": "blocked",
    }  # fmt: skip
    return words.get(state, "hidden")
