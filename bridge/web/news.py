"""What transactions changed -> whoever keeps something that was made of it, in this process.

`ready` keeps answers and `conversations` what was said under issues. Changes of this process are heard of at once, with
the commit; those of others within a millisecond on SQLite, whose file tells that there are any, and as soon as
PostgreSQL calls them out.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Collection

from bridge.errors import DatabaseFault
from bridge.store import changes
from bridge.store.database import Database

log = logging.getLogger(__name__)

#: Asked for each of five thousand answers a second, the database would be a tenth of their cost.
_LOOK_AGAIN_SECONDS = 0.001
_TRY_AGAIN_SECONDS = 2.0

#: Drops what shows any of these topics.
Forget = Callable[[frozenset[str]], None]


class News:
    """Which topics changed, in the order in which it was heard of."""

    def __init__(self, database: Database) -> None:
        self.count = 0  #: of the changes heard of so far: what was begun at one count may miss the later ones
        self._database = database
        self._forget: list[Forget] = []
        self._changed_at: dict[str, int] = {}
        self._looked_at = 0.0
        self._is_away = False
        database.listen(self._hear)

    def tell(self, forget: Forget) -> None:
        """Have `forget` called with every change, before anything else is answered."""
        self._forget.append(forget)

    def are_unchanged(self, topics: Collection[str], *, since: int) -> bool:
        """Whether none of the topics changed after `count` was this."""
        return all(self._changed_at.get(topic, 0) <= since for topic in (*topics, changes.ANYTHING))

    async def look(self) -> None:
        """Hear of what other processes committed, where that costs next to nothing."""
        if time.monotonic() - self._looked_at > _LOOK_AGAIN_SECONDS:
            self._looked_at = time.monotonic()
            await self._database.look()

    async def follow(self) -> None:
        """Hear of what other processes commit, whether anybody asks or not; runs until cancelled."""
        while True:
            try:
                await self._database.follow(self._connected)
            except DatabaseFault as fault:
                if not self._is_away:
                    log.error("changes made by other processes are not seen until the database is back: %s", fault)
                self._is_away = True
            await asyncio.sleep(_TRY_AGAIN_SECONDS)

    def _connected(self) -> None:
        if self._is_away:
            log.info("the database is back")
        self._is_away = False

    def _hear(self, topics: frozenset[str]) -> None:
        self.count += 1
        self._changed_at.update(dict.fromkeys(topics, self.count))
        for forget in self._forget:
            forget(topics)
