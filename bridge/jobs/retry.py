"""How often something was tried -> when to try again, or never; pure (`now` and `chance` are given)."""

from __future__ import annotations

from datetime import datetime, timedelta

#: Waits between attempts at a delivery: 1 min to 48 h, about four days together (protocol sheet section 9).
DELIVERY_WAITS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 30, 2 * 60, 6 * 60, 12 * 60, 24 * 60, 48 * 60))
_LEAST = timedelta(seconds=1)
_MOST = timedelta(hours=24)


def next_attempt(
    attempts: int,
    *,
    begun: datetime,
    now: datetime,
    chance: float,
    give_up_after: timedelta,
    retry_after: timedelta | None = None,
) -> datetime | None:
    """When to try again after `attempts` failures, or None to give up.

    `chance` in [0, 1) spreads the herd by up to a quarter. `retry_after` is what the server asked for, taken from
    1 second to 24 hours; it may lengthen a wait and never shortens one.
    """
    if now - begun >= give_up_after:
        return None
    wait = DELIVERY_WAITS[min(attempts, len(DELIVERY_WAITS)) - 1] * (1 + chance / 4)
    if retry_after is not None:
        wait = max(wait, min(max(retry_after, _LEAST), _MOST))
    return min(now + wait, max(begun + give_up_after, now + _LEAST))
