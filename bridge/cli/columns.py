"""Texts that are below each other -> how wide their column is; the commands that list use it."""

from __future__ import annotations

from collections.abc import Iterable

#: A longer text sticks out alone, instead of pushing what follows it out of everybody's sight.
_WIDEST = 40


def width_of(texts: Iterable[str]) -> int:
    """How many characters wide a column of these is, at most 40."""
    return max((len(text) for text in texts if len(text) <= _WIDEST), default=0)
