"""How often Python looks for cyclic garbage, and where it need not; called by commands and by the serving process.

Reference counts free nearly everything at once. The search for the rest walks all that is loaded again and again: of
the CPU of a start and of a fan-out that was a tenth each.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

#: New objects until the youngest are searched (Python's own 700 is a few requests), and how much rarer the older ones.
_THRESHOLDS = (10_000, 20, 20)


@contextmanager
def nothing_to_find() -> Iterator[None]:
    """Do not search while modules are loaded: they stay, all of them."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def spare_what_is_loaded() -> None:
    """Never again search what is in memory now, and the rest less often. For when everything is loaded and joined."""
    gc.freeze()
    gc.set_threshold(*_THRESHOLDS)
