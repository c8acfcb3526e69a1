"""Everything that can go wrong, as one tree.

    BridgeError
    ├── ConfigFaults            a faulty config.toml: all faults together (exit status 2)
    │   └── WrongUse            options or arguments that a command does not take (exit status 2 too)
    ├── UserFault               a command cannot do what was asked; the text says what to do (exit 1)
    ├── DatabaseFault           the database does not answer or refuses (exit 1; 503 to strangers)
    ├── IssueFaults             an author's file is refused: file, line, reason for each fault
    ├── BadPicture              bytes that are not a picture we serve; the text is the reason
    ├── Refusal                 an incoming request we turn away (400)
    │   ├── Malformed           400  not JSON, not an activity, broken values
    │   │   └── BadResource     400  no resource that WebFinger could be asked for
    │   ├── Unauthenticated     401  signature missing, wrong, or not the actor's
    │   ├── Blocked             403  the author blocks this sender
    │   ├── NoSuchThing         404
    │   ├── Gone                410  it was here, and was taken back
    │   ├── TooLarge            413
    │   ├── WrongType           415
    │   ├── TooMany             429  with Retry-After
    │   └── KeyUnavailable      503  the sender's key could not be fetched for now, with Retry-After
    └── FetchError              a request of ours to another server gave nothing usable
        ├── FetchRefused        we may not or will not go there: guard, budget, wrong scheme (permanent)
        ├── FetchNotFound       404: the thing is not there
        ├── FetchGone           410: the thing was deleted
        ├── FetchUnusable       an answer that is not an ActivityStreams document of that origin (permanent)
        └── FetchFailed         time-out, refused connection, TLS fault, 5xx, 429 (may work later)

A `Refusal` carries two texts: `str(error)` for our log and the record of what came in, `public` for the sender.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta


class BridgeError(Exception):
    """The root of all errors that Rundbrief raises on purpose."""


class ConfigFaults(BridgeError):
    """A configuration that cannot be used. `faults` are whole sentences, each with its place."""

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = tuple(faults)


class WrongUse(ConfigFaults):
    """Options or arguments that the command does not take, or that are missing."""

    def __init__(self, message: str) -> None:
        super().__init__([message])


class UserFault(BridgeError):
    """A command could not do what was asked. The text is one line that says what to do."""


class BadPicture(BridgeError):
    """Bytes that are not a picture we serve; the text goes on after the picture's name and has no full stop."""


@dataclass(frozen=True)
class Fault:
    """One thing wrong with an author's file. `line` counts from 1; None where no line can be named."""

    path: str
    line: int | None
    reason: str

    def __str__(self) -> str:
        place = self.path if self.line is None else f"{self.path}:{self.line}"
        return f"{place}: {self.reason}"


class IssueFaults(BridgeError):
    """Author's files that are refused, with every fault found."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("\n".join(map(str, faults)))
        self.faults = tuple(faults)


class DatabaseFault(BridgeError):
    """The database cannot be used for now. The text is one line with the cause."""


class Refusal(BridgeError):
    """An incoming request we turn away. `str(error)` is for us, `public` for the sender."""

    status = 400
    public = "bad request"

    def __init__(self, reason: str, *, retry_after: timedelta | None = None) -> None:
        super().__init__(reason)
        self.retry_after = retry_after


class Malformed(Refusal):
    """Bytes that are not an activity: broken JSON, wrong types, missing values."""

    public = "malformed activity"


class BadResource(Malformed):
    """A question to WebFinger that does not say what it is about."""

    public = "resource must be one account or address, such as acct:name@host"


class Unauthenticated(Refusal):
    """A sender who did not prove that they are the actor."""

    status = 401
    public = "signature missing or wrong"


class Blocked(Refusal):
    """A sender whom the author blocks."""

    status = 403
    public = "blocked"


class NoSuchThing(Refusal):
    """An address we do not have."""

    status = 404
    public = "not found"


class Gone(Refusal):
    """A thing of ours that was taken back."""

    status = 410
    public = "gone"


class TooLarge(Refusal):
    """A body over the limit."""

    status = 413
    public = "too large"


class WrongType(Refusal):
    """A Content-Type or Content-Encoding we do not take."""

    status = 415
    public = "unsupported media type"


class TooMany(Refusal):
    """More requests than one server may send; `retry_after` is set."""

    status = 429
    public = "too many requests"


class KeyUnavailable(Refusal):
    """The sender's key could not be fetched for now, so the sender should try again."""

    status = 503
    public = "key not available for now"


class FetchError(BridgeError):
    """A request of ours gave nothing usable. The text names the address and the cause."""


class FetchRefused(FetchError):
    """We will not go there: the guard, the budget or the scheme forbids it. Asking again changes nothing."""


class FetchNotFound(FetchError):
    """The other server says 404."""


class FetchGone(FetchError):
    """The other server says 410, or shows a Tombstone: deleted."""


class FetchUnusable(FetchError):
    """An answer came, but it is not an ActivityStreams document that this origin may vouch for."""


class FetchFailed(FetchError):
    """No answer for now: time-out, refused connection, TLS fault, 429 or 5xx."""

    def __init__(self, reason: str, *, retry_after: timedelta | None = None) -> None:
        super().__init__(reason)
        self.retry_after = retry_after
