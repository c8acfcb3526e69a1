"""The record's age -> what is forgotten of it: once an hour, in small transactions, by every process that serves.

Rows live 90 days; those about an issue as long as the issue is out. A digest of the address stays for a year, so that
`rundbrief why` can say that a record has expired.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from datetime import timedelta

from bridge.clock import Clock
from bridge.errors import DatabaseFault
from bridge.inbox.waiting import end_overdue
from bridge.store import received, strangers, tombstones
from bridge.store.database import Database

log = logging.getLogger(__name__)

KEPT = timedelta(days=90)
TRACES_KEPT = timedelta(days=365)
#: Rows without an issue that are kept of one server, so that no server fills the record.
MOST_OF_ONE = 5_000
_MOST_TRACES = 200_000
_AT_ONCE = 2_000
_PAUSE_SECONDS = 3600.0


@dataclass(frozen=True, kw_only=True)
class Expiry:
    """Forgets what is old. Run twice it does nothing more."""

    database: Database
    clock: Clock

    async def run(self) -> None:
        """Once an hour until cancelled."""
        while True:
            try:
                await self.expire()
            except DatabaseFault as fault:
                log.error("the record could not be tidied: %s", fault)
            await asyncio.sleep(_PAUSE_SECONDS)

    async def expire(self) -> int:
        """Forget what is due; returns how many rows that were."""
        now = self.clock()
        gone = 0
        while True:
            some = await self.database.write(
                lambda tx: received.expire(tx, before=now - KEPT, now=now, limit=_AT_ONCE, most_of_one=MOST_OF_ONE)
            )
            gone += some
            if some < _AT_ONCE:
                break
        await self.database.write(lambda tx: received.trim_traces(tx, before=now - TRACES_KEPT, most=_MOST_TRACES))
        await self.database.write(lambda tx: tombstones.expire(tx, before=now - TRACES_KEPT))
        await self.database.write(lambda tx: strangers.expire(tx, before=now - KEPT))
        await self.database.write(lambda tx: end_overdue(tx, now=now))
        return gone
