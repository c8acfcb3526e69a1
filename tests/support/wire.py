"""The incoming documents of `tests/wire/incoming`, each written by us in the shape that one server sends."""

from __future__ import annotations

from pathlib import Path

from bridge.activity.json_text import read_json
from bridge.terms import Document

_FOLDER = Path(__file__).parents[1] / "wire" / "incoming"

#: Every document there is, by name.
NAMES = tuple(sorted(path.stem for path in _FOLDER.glob("*.json")))


def incoming(name: str) -> Document:
    """One document, read as the inbox reads it."""
    return read_json((_FOLDER / f"{name}.json").read_bytes())
