"""How often one page may be looked at, and when it is looked at again; pure. `receive` and `verify` ask."""

from __future__ import annotations

from datetime import timedelta

from bridge.urls import BadUrl, parse_url

#: One fetch of one source in this time, however often it is named (security S102).
GAP = timedelta(minutes=10)
#: The same for a source on this machine, where private addresses are allowed: tests and demos.
LOOPBACK_GAP = timedelta(seconds=5)
#: Looks after the first one that found the link.
RECHECKS = (timedelta(days=1), timedelta(days=7), timedelta(days=30))
#: Waits after a page gave no answer, while nothing is known of it yet; after them it is refused.
RETRIES = (timedelta(minutes=10), timedelta(hours=1), timedelta(hours=6), timedelta(days=1))

_LOOPBACK = ("localhost", "[::1]")


def gap_of(source: str, *, allow_private: bool) -> timedelta:
    """The least time between two looks at this page."""
    return LOOPBACK_GAP if allow_private and is_loopback(source) else GAP


def is_loopback(url: str) -> bool:
    """Whether an address is on this machine by its own words."""
    try:
        host = parse_url(url, allow_http=True).host
    except BadUrl:
        return False
    return host in _LOOPBACK or host.startswith("127.")
