"""What transactions changed -> whoever keeps something that was made of it, in this process.

`ready` keeps answers and `conversations` what was said under issues. Changes of this process are heard of at once, with
the commit; those of others within a millisecond where the database tells that there are any (SQLite), within a quarter
of a second where it must be asked (PostgreSQL).
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Collection

from bridge.errors import DatabaseFault
from bridge.store import changes
from bridge.store.database import Database

log = logging.getLogger(__name__)

#: Asked for each of five thousand answers a second, the database would be a tenth of their cost.
_LOOK_AGAIN_SECONDS = 0.001
_LOOK_EVERY_SECONDS = 0.25
_LOOK_WHILE_AWAY_SECONDS = 2.0

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
        self._version: int | None = None
        self._last: int | None = None  #: the newest change that others made known
        database.listen(self._hear)

    def tell(self, forget: Forget) -> None:
        """Have `forget` called with every change, before anything else is answered."""
        self._forget.append(forget)

    def are_unchanged(self, topics: Collection[str], *, since: int) -> bool:
        """Whether none of the topics changed after `count` was this."""
        return all(self._changed_at.get(topic, 0) <= since for topic in topics)

    async def look(self) -> None:
        """Hear of what other processes committed, where that costs next to nothing."""
        if time.monotonic() - self._looked_at <= _LOOK_AGAIN_SECONDS:
            return
        self._looked_at = time.monotonic()
        version = self._database.version()
        if version is not None and version != self._version:
            with contextlib.suppress(DatabaseFault):  # what is kept is served without it
                await self._catch_up(version)

    async def follow(self) -> None:
        """Hear of what other processes committed, whether anybody asks or not; runs until cancelled."""
        is_away = False
        while True:
            version = self._database.version()
            try:
                if version is None or version != self._version:
                    await self._catch_up(version)
            except DatabaseFault as fault:
                if not is_away:
                    log.error("changes made by other processes are not seen until the database is back: %s", fault)
                is_away = True
            else:
                if is_away:
                    log.info("the database is back")
                is_away = False
            await asyncio.sleep(_LOOK_WHILE_AWAY_SECONDS if is_away else _LOOK_EVERY_SECONDS)

    async def _catch_up(self, version: int | None) -> None:
        """Hear of what was changed since the last time; `version` is the database's, read before."""
        if self._last is None:
            self._last = await self._database.glance(changes.newest)
        since = self._last
        self._last, topics = await self._database.glance(lambda tx: changes.after(tx, since))
        self._version = version
        if topics:
            self._hear(topics)

    def _hear(self, topics: frozenset[str]) -> None:
        self.count += 1
        self._changed_at.update(dict.fromkeys(topics, self.count))
        for forget in self._forget:
            forget(topics)
