"""Pictures as we made them -> files in `DIR/data/media`, under names that nobody can guess; `web` reads them.

A name is `TOKEN-WIDTH.SUFFIX`. Whether somebody may see a file is not said by its name: the tables say it.
"""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from bridge.media.encode import SUFFIXES, Encoded, MediaType

_NAME = re.compile(r"(?P<token>[A-Za-z0-9_-]{22})-[0-9]{1,4}\.(?P<suffix>jpg|webp|gif)")
_TYPES: dict[str, MediaType] = {suffix: media_type for media_type, suffix in SUFFIXES.items()}


@dataclass(frozen=True, kw_only=True)
class MediaName:
    """A name of ours, taken apart."""

    token: str
    media_type: MediaType


@dataclass(frozen=True, kw_only=True)
class KeptFile:
    """One file as it was kept."""

    name: str
    width: int
    height: int


def new_token() -> str:
    """128 random bits."""
    return secrets.token_urlsafe(16)


def read_name(name: str) -> MediaName | None:
    """The parts of a name; None for anything that is not a name of ours, so that no path leads elsewhere (S66)."""
    found = _NAME.fullmatch(name)
    return None if found is None else MediaName(token=found["token"], media_type=_TYPES[found["suffix"]])


class MediaFolder:
    """`DIR/data/media`. Files are spread over folders by the first two letters of their names."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def path(self, name: str) -> Path:
        """Where a file lies; `name` must have passed `read_name`."""
        return self._root / name[:2] / name

    def keep(self, token: str, encoded: Encoded) -> list[KeptFile]:
        """Write a picture's files, each whole or not at all; the narrowest first."""
        suffix = SUFFIXES[encoded.media_type]
        kept = []
        for variant in encoded.variants:
            name = f"{token}-{variant.width}.{suffix}"
            path = self.path(name)
            path.parent.mkdir(parents=True, exist_ok=True)
            unfinished = path.with_name(f".{name}.{os.getpid()}")
            unfinished.write_bytes(variant.body)
            unfinished.replace(path)
            kept.append(KeptFile(name=name, width=variant.width, height=variant.height))
        return kept

    def remove(self, names: Iterable[str]) -> None:
        """Remove files; one that is gone already is not a fault."""
        for name in names:
            if read_name(name) is not None:
                self.path(name).unlink(missing_ok=True)
