"""Deliveries just made -> a sentence on how they get on, for whoever waits a moment; `publish` and the hooks use it.

On a terminal it counts up meanwhile.
"""

from __future__ import annotations

import asyncio
import sys
from datetime import datetime

from bridge.store import deliveries
from bridge.store.database import Database

_LOOK = 0.1  #: seconds between two looks at the ledger
_LOOKS = 30  #: the pusher waits no longer for servers that are slow
_IDLE = 10  #: looks without any delivery: no server of ours is running


async def progress(database: Database, blog_id: int, *, since: datetime, looks: int = _LOOKS) -> str:
    """Wait up to three seconds; "" when nothing was to be delivered."""
    tried = made = 0
    for look in range(looks):
        tried, made = await database.read(lambda tx: deliveries.progress(tx, blog_id, since=since))
        if sys.stdout.isatty() and made:
            print(f"\r{tried} of {made} deliveries \r", end="", flush=True)
        if tried == made or (tried == 0 and look == _IDLE):
            break
        await asyncio.sleep(_LOOK)
    if tried == made:
        return {0: "", 1: "The delivery was made."}.get(made, f"All {made} deliveries were made.")
    if tried:
        return f"{tried} of {made} deliveries were made, the others follow; `rundbrief deliveries` shows them."
    return "None was made yet: they go out while `rundbrief serve` runs; `rundbrief deliveries` shows them."
