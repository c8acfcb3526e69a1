"""`{page, url, targets}` as JSON on stdin -> for each target the fields of `MarkedEntry` or null, as JSON on stdout.

`microformats.read_entries` runs it as a process. It alone imports mf2py, which takes a third of a second that no
command should pay.
"""

from __future__ import annotations

import json
import resource
import sys

import mf2py  # type: ignore[import-untyped]

from bridge.linkback.microformats import comparable, entry_in

_SECONDS = 10
_MEMORY_BYTES = 1024 * 1024 * 1024


def main() -> None:
    """Answer one question. What goes wrong ends the process, which says enough."""
    resource.setrlimit(resource.RLIMIT_CPU, (_SECONDS, _SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
    question = json.load(sys.stdin)
    parsed = mf2py.Parser(doc=question["page"], url=question["url"]).to_dict()
    found = {target: entry_in(parsed["items"], target=comparable(target)) for target in question["targets"]}
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()
