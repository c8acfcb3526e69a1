"""One front matter value -> the type that its key wants, or a fault that says what to write; called by `issue`.

Every reader gives None (or its default) where the key is absent, empty or faulty, so that all faults are found at once.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import TypeVar
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from bridge.errors import Fault
from bridge.issues.notation import Entry, Listing, Scalar, shown

MOST_URL = 2048  #: characters
YEARS = range(1900, 2201)

Word = TypeVar("Word", bound=str)

_YES = frozenset(("true", "yes", "on", "y"))
_NO = frozenset(("false", "no", "off", "n"))
_MOMENT = re.compile(
    r"(?P<day>[0-9]{4}-[0-9]{1,2}-[0-9]{1,2})"
    r"(?:(?:[Tt]|[ \t]+)(?P<time>[0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?)(?:\.[0-9]+)?"
    r"[ \t]*(?P<zone>[Zz]|[+-][0-9]{2}(?::?[0-9]{2})?)?)?"
)


class Values:
    """The front matter of one file, with the faults and warnings found while it is read."""

    def __init__(self, path: str, entries: Mapping[str, Entry], zone: ZoneInfo) -> None:
        self.path = path
        self.entries = entries
        self.zone = zone  #: where a time without a zone is meant
        self.faults: list[Fault] = []
        self.warnings: list[Fault] = []

    def line(self, key: str) -> int | None:
        """Where the key stands, if it does."""
        entry = self.entries.get(key)
        return entry.line if entry else None

    def refuse(self, key: str, reason: str) -> None:
        """Add a fault at the key's line."""
        self.faults.append(Fault(self.path, self.line(key), reason))

    def warn(self, key: str, reason: str) -> None:
        """Add a warning at the key's line."""
        self.warnings.append(Fault(self.path, self.line(key), reason))

    def text(self, key: str, *, most: int, lines: bool = False) -> str | None:
        """A text of up to `most` characters; one line unless `lines`."""
        written = self._scalar(key, "one text")
        if written is None:
            return None
        text = written.text.strip() if lines else " ".join(written.text.split())
        if len(text) > most:
            self.refuse(key, f"{key} has {len(text)} characters. Shorten it to {most} at most")
            return None
        return text or None

    def texts(self, key: str, *, most: int) -> tuple[tuple[str, int], ...]:
        """A list of texts, each with its line; one text alone is a list, and may part its words by commas."""
        entry = self.entries.get(key)
        if entry is None:
            return ()
        if isinstance(entry.value, Scalar):
            found = [] if entry.value.is_empty else [(part, entry.value.line) for part in entry.value.text.split(",")]
        elif isinstance(entry.value, Listing):
            scalars = [item for item in entry.value.items if isinstance(item, Scalar)]
            if len(scalars) < len(entry.value.items):
                self.refuse(key, f"{key} must be a flat list of texts, such as [one, two]")
            found = [(item.text, item.line) for item in scalars if not item.is_empty]
        else:
            self.refuse(key, f"{key} must be a list of texts, such as [one, two]")
            return ()
        if len(found) > most:
            self.refuse(key, f"{key} has {len(found)} entries. Keep {most} at most")
            return ()
        tidy = [(" ".join(text.split()), line) for text, line in found]
        return tuple((text, line) for text, line in tidy if text)

    def flag(self, key: str, default: bool) -> bool:
        """True or false, in any of YAML's spellings."""
        return self._flag(key, default, "true or false")

    def flag_or_now(self, key: str) -> bool | None:
        """Like `flag`, true by default; None means the word `now`."""
        written = self._scalar(key, "true, false or now")
        if written is not None and written.text.strip().lower() == "now":
            return None
        return self._flag(key, True, "true, false or now")

    def _flag(self, key: str, default: bool, wanted: str) -> bool:
        written = self._scalar(key, wanted)
        if written is None:
            return default
        word = written.text.strip().lower()
        if word in _YES or word in _NO:
            return word in _YES
        self.refuse(key, f"{key} must be {wanted}; it is {shown(written.text)}")
        return default

    def number(self, key: str, allowed: range) -> int | None:
        """A whole number of the range."""
        wanted = f"a whole number from {allowed[0]} to {allowed[-1]}"
        written = self._scalar(key, wanted)
        if written is None:
            return None
        text = written.text.strip()
        # The length first: int() refuses endless digits, and no range here needs them.
        if len(text) <= 12 and re.fullmatch(r"[+-]?[0-9]+", text) and int(text) in allowed:
            return int(text)
        self.refuse(key, f"{key} must be {wanted}; it is {shown(written.text)}")
        return None

    def choice(self, key: str, words: Sequence[Word], default: Word) -> Word:
        """One of the words."""
        wanted = f"{', '.join(words[:-1])} or {words[-1]}"
        written = self._scalar(key, wanted)
        if written is None:
            return default
        text = written.text.strip().lower()
        for word in words:
            if text == word:
                return word
        self.refuse(key, f"{key} must be {wanted}; it is {shown(written.text)}")
        return default

    def moment(self, key: str, *, end_of_day: bool = False) -> datetime | None:
        """A point in time, in UTC. A day alone is its first second in the blog's zone, with `end_of_day` its last."""
        written = self._scalar(key, "a date")
        if written is None:
            return None
        parts = _MOMENT.fullmatch(written.text.strip())
        try:
            if parts is not None:
                return self._moment(parts, end_of_day)
        except ValueError:  # the 31st of June
            pass
        reason = f"{key} must be a date such as 2024-08-05 or 2024-08-05T09:00:00+02:00; it is {shown(written.text)}"
        self.refuse(key, reason)
        return None

    def _moment(self, parts: re.Match[str], end_of_day: bool) -> datetime:
        year, month, day = (int(part) for part in parts["day"].split("-"))
        if year not in YEARS:
            raise ValueError(year)
        if parts["time"] is None:
            clock = time(23, 59, 59) if end_of_day else time()
            return datetime.combine(date(year, month, day), clock, self.zone).astimezone(UTC)
        hour, minute, second = [*(int(part) for part in parts["time"].split(":")), 0][:3]
        clock = time(hour, minute, second)
        return datetime.combine(date(year, month, day), clock, self._zone(parts["zone"])).astimezone(UTC)

    def _zone(self, written: str | None) -> ZoneInfo | timezone:
        if written is None:
            return self.zone
        if written in "Zz":
            return UTC
        digits = written[1:].replace(":", "").ljust(4, "0")
        if int(digits[2:]) > 59:
            raise ValueError(written)
        offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
        return timezone(-offset if written[0] == "-" else offset)

    def url(self, key: str) -> str | None:
        """A web address."""
        written = self._scalar(key, "one address")
        if written is None:
            return None
        return self._url(key, written.text.strip(), written.line)

    def urls(self, key: str, *, most: int) -> tuple[str, ...]:
        """Web addresses; one alone is a list."""
        judged = [self._url(key, text, line) for text, line in self.texts(key, most=most)]
        return tuple(dict.fromkeys(url for url in judged if url is not None))

    def _url(self, key: str, text: str, line: int) -> str | None:
        if is_web_address(text):
            return text
        reason = f"{key} must be an address that begins with https:// or http://; it is {shown(text)}"
        self.faults.append(Fault(self.path, line, reason))
        return None

    def _scalar(self, key: str, wanted: str) -> Scalar | None:
        entry = self.entries.get(key)
        if entry is None:
            return None
        if not isinstance(entry.value, Scalar):
            self.refuse(key, f"{key} must be {wanted}, not a list or a table")
            return None
        return None if entry.value.is_empty else entry.value


def is_web_address(text: str) -> bool:
    """Whether it is an absolute http(s) address with a host, without a password and without blanks."""
    if len(text) > MOST_URL or re.search(r'[\s<>"\\^`{|}]', text) or not text.isprintable():
        return False
    try:
        parts = urlsplit(text)
        _ = parts.port  # raises where the port is no number
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and "@" not in parts.netloc
