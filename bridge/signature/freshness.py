"""The times in a signature and the present -> accepted, or a fault: both schemes ask here.

Windows are the ones Mastodon lives with (an hour either side of `Date`), so that no real server with a slow clock is
turned away; a replay inside them finds its activity id already taken.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache

from bridge.signature.request import SignatureFault

#: How far a `Date` may be from now, either way: the hour peers rely on, and five minutes for the clocks.
WINDOW = timedelta(minutes=65)

#: How far ahead of us a peer's clock may be where it writes `created` itself.
AHEAD = timedelta(minutes=5)

#: No signature is good for longer than this, whatever it says.
LONGEST_LIFE = timedelta(hours=12)

_MONTHS = {
    name: number
    for number, name in enumerate(
        ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"), start=1
    )
}
_DAYS = frozenset(("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"))


# Deliveries come in bursts, and those of one second carry one date.
@lru_cache(maxsize=128)
def moment_from_http_date(text: str) -> datetime:
    """Read a `Date` header: IMF-fixdate (RFC 9110 5.6.7) and nothing else, as Mastodon does. Raises SignatureFault."""
    if len(text) == 29 and text[3:5] == ", " and text[25:] == " GMT" and text.isascii():
        digits = text[5:7] + text[12:16] + text[17:19] + text[20:22] + text[23:25]
        marks = text[7] + text[11] + text[16] + text[19] + text[22]
        month = _MONTHS.get(text[8:11])
        if marks == "   ::" and digits.isdigit() and month and text[:3] in _DAYS:
            try:
                return datetime(
                    int(digits[2:6]),
                    month,
                    int(digits[:2]),
                    int(digits[6:8]),
                    int(digits[8:10]),
                    int(digits[10:]),
                    tzinfo=UTC,
                )
            except ValueError:
                pass
    raise SignatureFault("date", "the Date header is no date as HTTP writes it (Mon, 05 Aug 2024 07:00:00 GMT)")


def check_http_date(text: str, *, now: datetime) -> datetime:
    """The moment a `Date` header names, if it is near enough to now. Raises SignatureFault."""
    moment = moment_from_http_date(text)
    if abs(moment - now) > WINDOW:
        side = "behind" if moment < now else "ahead of"
        raise SignatureFault("date", f"the Date header is {_minutes(abs(moment - now))} minutes {side} our clock")
    return moment


def moment_from_unix(seconds: int) -> datetime:
    """The moment a `created` or `expires` names. Raises SignatureFault for one that no calendar has."""
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        raise SignatureFault("date", "the signature names a time that no calendar has") from None


def check_lifetime(created: datetime, expires: datetime | None, *, now: datetime) -> None:
    """Judge the signed `created` and `expires`. Without `expires` a signature is good as long as a `Date` would be.

    Raises SignatureFault.
    """
    if created > now + AHEAD:
        raise SignatureFault("date", f"the signature was made {_minutes(created - now)} minutes ahead of our clock")
    if expires is None:
        if now - created > WINDOW:
            raise SignatureFault("date", f"the signature was made {_minutes(now - created)} minutes ago")
        return
    if expires < now:
        raise SignatureFault("date", "the signature has expired")
    if expires > now + LONGEST_LIFE or created < now - LONGEST_LIFE:
        raise SignatureFault("date", "the signature is meant to hold for more than 12 hours")


def _minutes(span: timedelta) -> int:
    return int(span.total_seconds() // 60)
