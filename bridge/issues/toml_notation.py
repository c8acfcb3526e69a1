"""The TOML 1.0 between `+++` -> the values of `notation`; called by `front_matter`."""

from __future__ import annotations

import re
import tomllib
from datetime import date, datetime, time

from bridge.issues.notation import DEEPEST, Entry, Listing, Notation, Scalar, Value


class TomlNotation(Notation):
    """TOML by tomllib, behind a look at its nesting, because tomllib's recursion has no cap of its own."""

    def entries(self) -> dict[str, Entry]:
        bare = _STRINGS_AND_COMMENTS.sub(_blanked, self.text)
        self._refuse_nesting(bare)
        try:
            parsed = tomllib.loads(self.text, parse_float=_as_written)
        except ValueError as broken:  # TOMLDecodeError, and Python's own for an endless number
            at = re.search(r" \(at (?:line (\d+), column \d+|end of document)\)$", str(broken))
            line = int(at[1]) + 1 if at and at[1] else self.line_at(len(self.text))
            said = str(broken)[: at.start()] if at else "a value is out of its range"
            if said.startswith("Cannot"):  # overwrite a value, declare a table twice
                self.refuse(line, "The key on this line stands already above. Delete one of the two")
            self.refuse(line, f'TOML cannot read this: {said}. Texts stand in quotes: title = "My first letter"')
        lines = self._key_lines(bare)
        made = [
            Entry(name=name, line=lines.get(name, 2), value=self._value(value, lines.get(name, 2), 1))
            for name, value in parsed.items()
        ]
        return dict(self.table(made, 2).entries)

    def _refuse_nesting(self, bare: str) -> None:
        depth = 0
        for number, line in enumerate(bare.split("\n"), 2):
            for character in line:
                depth += (character in "[{") - (character in "]}")
                if depth > DEEPEST:
                    self.too_deep(number)
            # tomllib takes time that grows with the square of the parts of a dotted key.
            if _LONG_DOTTED_KEY.search(line):
                self.too_deep(number)

    def _key_lines(self, bare: str) -> dict[str, int]:
        """The line of each top-level key: `bare` holds no strings, so what looks like a key is one."""
        found: dict[str, int] = {}
        written = self.text.split("\n")
        depth, in_table = 0, False
        for number, line in enumerate(bare.split("\n")):
            if depth == 0 and line.strip() and (key := _TOML_KEY.match(written[number].lstrip())):
                in_table = in_table or bool(key["table"])
                if key["table"] or not in_table:
                    found.setdefault(key["quoted"] or key["name"], number + 2)
            depth += sum((character in "[{") - (character in "]}") for character in line)
        return found

    def _value(self, value: object, line: int, depth: int) -> Value:
        if depth > DEEPEST:
            self.too_deep(line)
        match value:
            case dict():
                entries = [
                    Entry(name=str(name), line=line, value=self._value(inner, line, depth + 1))
                    for name, inner in value.items()
                ]
                return self.table(entries, line)
            case list():
                return Listing(items=tuple(self._value(item, line, depth + 1) for item in value), line=line)
            case bool():
                return Scalar(text="true" if value else "false", line=line)
            case _Written():
                return Scalar(text=str(value), line=line)
            case datetime() | date() | time():
                return Scalar(text=value.isoformat(), line=line)
            case str():
                return self.scalar(value, line, plain=False)
            case int():
                return self._number(value, line)
        raise AssertionError(f"tomllib gave a {type(value).__name__}")

    def _number(self, value: int, line: int) -> Scalar:
        if abs(value) >= 2**63:  # TOML promises no more; Python refuses to write out a number of 4,301 digits
            self.refuse(line, "The number is too large. Put it in quotes if it is a text")
        return Scalar(text=str(value), line=line)


class _Written(str):
    """A TOML float, kept as it was written: `title = 1.50` is "1.50"."""


def _as_written(number: str) -> _Written:
    return _Written(number)


def _blanked(found: re.Match[str]) -> str:
    return "\n" * found[0].count("\n") or '""'


# An open string runs to its end: it is a fault anyway, and this keeps the time linear.
_STRINGS_AND_COMMENTS = re.compile(
    r"""'''.*?(?:'''|\Z)|"{3}(?:\\.|[^\\])*?(?:"{3}|\Z)|"(?:\\.|[^"\\\n])*"?|'[^'\n]*'?|#[^\n]*""", re.DOTALL
)
_LONG_DOTTED_KEY = re.compile(r"(?:\.[^.=,]*){20}")
_TOML_KEY = re.compile(
    r"""(?P<table>\[{1,2})?\s*+(?:["'](?P<quoted>[^"'\n]+)["']|(?P<name>[A-Za-z0-9_-]+))\s*+[.=\]]"""
)
