"""Golden documents: what goes onto the wire, kept as files in tests/wire and compared whole, key order included.

`RUNDBRIEF_GOLDEN=write pytest tests/activity` writes them anew; look at the difference before it is committed.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

from bridge.terms import Document

FOLDER = Path(__file__).parent.parent / "wire"


def golden(name: str, document: Document) -> str:
    """The kept text of a document, to be compared with `as_text(document)`."""
    path = FOLDER / f"{name}.json"
    if os.environ.get("RUNDBRIEF_GOLDEN") == "write":
        path.write_text(as_text(document))
    return path.read_text()


def as_text(document: Document) -> str:
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"
