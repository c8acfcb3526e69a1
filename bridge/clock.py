"""The time, read in one place, so that everything below can be given a `now` instead.

Times are aware UTC datetimes; durations are timedeltas.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

#: What composition passes around; tests pass a function of their own.
Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """The current time, aware, in UTC."""
    return datetime.now(UTC)


def wire_time(moment: datetime) -> str:
    """The moment as ActivityStreams writes it: `2024-08-05T07:00:00Z`, whole seconds."""
    # strftime takes several times as long, and a conversation has thousands of times.
    return moment.astimezone(UTC).isoformat(timespec="seconds").removesuffix("+00:00") + "Z"


def http_time(moment: datetime) -> str:
    """The moment as an HTTP `Date` (RFC 9110 5.6.7, IMF-fixdate), independent of any locale."""
    days = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
    months = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
    m = moment.astimezone(UTC)
    return f"{days[m.weekday()]}, {m.day:02} {months[m.month - 1]} {m.year:04} {m:%H:%M:%S} GMT"
