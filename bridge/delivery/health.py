"""A server's row and what became of one delivery -> what the row says now; pure (protocol sheet section 9).

A server that only fails is suspended after seven days and probed daily, and dead after thirty; any sign of life
revives it. `bring_up_to_date` asks before it sends, and records after each attempt.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from bridge.delivery.outcome import Delivered, Gone, Moved, Outcome, Refused, TryLater
from bridge.store.servers import DEAD_AFTER, SUSPENDED_AFTER, ServerRow

#: A dead line is tried again after this at the latest, though each delivery on it may wait longer.
_LONGEST_PAUSE = timedelta(hours=1)
_PROBE_EVERY = timedelta(days=1)
#: Answers that speak of the server and not of one inbox.
_OF_THE_SERVER = frozenset({None, 429, 502, 503, 504, 520, 521, 522, 523, 524, 525, 526, 530})


def is_about_the_server(outcome: Outcome) -> bool:
    """Whether the next thing for the same server would fare the same."""
    return isinstance(outcome, TryLater) and outcome.status in _OF_THE_SERVER


def row_after(row: ServerRow, outcome: Outcome, *, now: datetime, next_try: datetime | None) -> ServerRow | None:
    """The row as it is now, or None if nothing in it changes. `next_try` is when this delivery is tried again."""
    match outcome:
        case Delivered() | Refused(status=int()) | Gone() | Moved():
            # Whoever says no is alive. A server that never failed needs no row, which saves a write per delivery.
            if row.failing_since is None and row.suspended_at is None and row.not_before is None:
                return None
            return replace(
                row,
                last_success_at=now,
                failures=0,
                failing_since=None,
                suspended_at=None,
                not_before=None,
                reason="",
            )
        case Refused():
            return None
        case TryLater(reason=reason, retry_after=retry_after):
            return _failed(row, outcome, reason, retry_after, now=now, next_try=next_try)


def _failed(
    row: ServerRow,
    outcome: Outcome,
    reason: str,
    retry_after: timedelta | None,
    *,
    now: datetime,
    next_try: datetime | None,
) -> ServerRow:
    since = row.failing_since or now
    suspended = row.suspended_at or (now if now - since >= SUSPENDED_AFTER else None)
    not_before = row.not_before
    if suspended is not None:
        not_before = now + _PROBE_EVERY
    elif is_about_the_server(outcome):
        wait = min((next_try or now + _LONGEST_PAUSE) - now, _LONGEST_PAUSE)
        not_before = now + max(wait, retry_after or timedelta(0))
    return replace(
        row,
        last_failure_at=now,
        failures=row.failures + 1,
        failing_since=since,
        suspended_at=suspended,
        not_before=not_before,
        reason=reason,
    )


def is_dead(row: ServerRow, *, now: datetime) -> bool:
    """Nothing but failures for thirty days: what is new for it is given up at once, until it shows a sign of life."""
    return row.failing_since is not None and now - row.failing_since >= DEAD_AFTER
