"""What YAML and TOML front matter have in common: values that keep their text and line, and faults with their place.

`yaml_notation` and `toml_notation` make these values, `values` judges them. A scalar stays the text that the author
wrote, because only its key knows what it should be: `title: No` is a title, `language: no` is Norwegian, `slug: 0042`
keeps its zeros.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NoReturn

from bridge.errors import Fault, IssueFaults

DEEPEST = 20  #: lists in lists
_MOST_SHOWN = 60  #: characters of an author's text in a fault

# What neither XML 1.0 (the feeds) nor PostgreSQL can hold, and halves of characters that no UTF-8 can.
FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0d\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_NULLS = frozenset(("~", "null", "Null", "NULL"))


@dataclass(frozen=True, kw_only=True, slots=True)
class Scalar:
    """One value as it was written."""

    text: str
    line: int
    plain: bool = True  #: without quotes
    cut_off: bool = False  #: YAML took the rest of the line, from ` #` on, as a comment

    @property
    def is_empty(self) -> bool:
        """A key without a value, or YAML's null: as if the key were not there."""
        return not self.text.strip() or (self.plain and self.text in _NULLS)


@dataclass(frozen=True, kw_only=True, slots=True)
class Listing:
    """A list of values."""

    items: tuple[Value, ...]
    line: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Table:
    """Keys with values, as other programs nest them; none of our keys wants one."""

    entries: Mapping[str, Entry]
    line: int


Value = Scalar | Listing | Table


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """A key with the line on which it stands and its value."""

    name: str
    line: int
    value: Value


def shown(text: str) -> str:
    """The author's text as a fault quotes it: one line, in quotes, shortened, nothing invisible in it."""
    short = text if len(text) <= _MOST_SHOWN else text[: _MOST_SHOWN - 1] + "…"
    return '"' + "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in short) + '"'


class Notation:
    """What both notations share: places, and faults that do not end the reading."""

    def __init__(self, path: str, text: str) -> None:
        self.path = path
        self.text = text
        self.faults: list[Fault] = []
        self._breaks = [at for at, character in enumerate(text) if character == "\n"]

    def line_at(self, index: int) -> int:
        """The file's line at a place in the front matter, which begins on line 2."""
        return bisect_left(self._breaks, min(index, max(len(self.text) - 1, 0))) + 2

    def refuse(self, line: int, reason: str) -> NoReturn:
        raise IssueFaults([Fault(self.path, line, reason)])

    def scalar(self, text: str, line: int, *, plain: bool, cut_off: bool = False) -> Scalar:
        if found := FORBIDDEN.search(text):
            self.refuse(line, f"The value holds the invisible character U+{ord(found[0]):04X}. Delete it")
        return Scalar(text=text, line=line, plain=plain, cut_off=cut_off)

    def too_deep(self, line: int) -> NoReturn:
        self.refuse(line, f"Lists are nested here more than {DEEPEST} deep. Write the value flat")

    def table(self, entries: Sequence[Entry], line: int) -> Table:
        """Keys that differ only in case are one key, because that is how they are looked up."""
        found: dict[str, Entry] = {}
        for entry in entries:
            first = found.setdefault(entry.name.lower(), entry)
            if first is not entry:
                reason = f"The key {shown(entry.name)} stands already on line {first.line}. Delete one of the two"
                self.faults.append(Fault(self.path, entry.line, reason))
        return Table(entries=found, line=line)
