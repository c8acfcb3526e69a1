"""One answer, or none -> what it means for this delivery; pure (protocol sheet section 9)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True)
class Delivered:
    """Any 2xx: the other server took it."""

    status: int


@dataclass(frozen=True)
class Refused:
    """The other server will not take this activity, now or later."""

    status: int | None
    reason: str


@dataclass(frozen=True)
class Gone:
    """410, or 404 for some days: the inbox was deleted, if its actor agrees."""

    status: int
    reason: str


@dataclass(frozen=True)
class Moved:
    """A redirect that is not followed: it waits, while the actor is asked for its inbox (security S130)."""

    status: int
    reason: str


@dataclass(frozen=True)
class TryLater:
    """Nothing is decided: the network failed, or the server is busy or cannot check our signature for now."""

    status: int | None
    reason: str
    retry_after: timedelta | None = None


Outcome = Delivered | Refused | Gone | Moved | TryLater


def outcome_of(
    status: int,
    *,
    answer: str = "",
    leads_to: str = "",
    retry_after: timedelta | None = None,
    looks_parked: bool = False,
) -> Outcome:
    """What a status means. `answer` is the beginning of the body and `leads_to` a redirect's target, for the ledger.

    401 and 403 mean here that every signature scheme was tried (`send` knocks again). `looks_parked` is a 2xx that
    shows a web page, from a server that was failing: no sign of life (security S131).
    """
    said = f"it answered {status}" + (f": {answer}" if answer else "")
    if 200 <= status < 300:
        return (
            TryLater(status, f"{said} (a web page, not a server that takes posts)")
            if looks_parked
            else Delivered(status)
        )
    if 300 <= status < 400:
        whither = f"and redirects to {leads_to}" if leads_to else "and does not say where to"
        return Moved(status, f"it answered {status} {whither}; its actor is asked for the inbox")
    if status in (404, 410):
        return Gone(status, said)
    if status in (408, 425, 429) or (status >= 500 and status != 501):
        return TryLater(status, said, retry_after)
    return Refused(status, said)
