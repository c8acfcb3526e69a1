"""A Retry-After header -> how long to leave a server alone; for `hops` and `delivery` (RFC 9110 10.2.3)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

SHORTEST = timedelta(seconds=1)
LONGEST = timedelta(hours=24)


def retry_after_of(headers: Mapping[str, str], *, now: datetime) -> timedelta | None:
    """The wait that the server asks for, between one second and a day; None if it says nothing readable."""
    text = headers.get("Retry-After", "").strip()
    if text.isascii() and text.isdigit():
        wait = LONGEST if len(text) > 6 else timedelta(seconds=int(text))
    else:
        try:
            moment = parsedate_to_datetime(text[:64])
            wait = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - now
        except (ValueError, OverflowError):
            return None
    return min(max(wait, SHORTEST), LONGEST)
