"""Lines as a terminal may show them, and how wide a column of texts is; the commands that list use it."""

from __future__ import annotations

from collections.abc import Iterable

#: A longer text sticks out alone, instead of pushing what follows it out of everybody's sight.
_WIDEST = 40


def printable(text: str) -> str:
    """One line, in which nothing that a stranger wrote may steer the terminal (security S100)."""
    return text if text.isprintable() else "".join(letter if letter.isprintable() else "�" for letter in text)


def width_of(texts: Iterable[str]) -> int:
    """How many characters wide a column of these is, at most 40."""
    return max((len(text) for text in texts if len(text) <= _WIDEST), default=0)
