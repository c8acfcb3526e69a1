"""Which signature scheme each server took last: in memory for the knock, in the store for the next start.

`app` makes one and gives it to every `Knock`. A scheme is believed for a week (`store.servers`), then the first one is
tried again; one that no longer opens is forgotten at once (SWICG "ActivityPub and HTTP Signatures", double knock).
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Collection
from datetime import datetime

from bridge.clock import Clock
from bridge.errors import DatabaseFault
from bridge.store import servers
from bridge.store.database import Database, Transaction
from bridge.terms import Server

log = logging.getLogger(__name__)

_MOST_SERVERS = 10_000


class SchemeMemory:
    """`remembered` and `remember` are what a `Knock` wants. `kept` names the schemes that are worth storing."""

    def __init__(self, database: Database, *, kept: Collection[str], clock: Clock) -> None:
        self._database = database
        self._kept = frozenset(kept)
        self._clock = clock
        self._known: OrderedDict[Server, tuple[str, datetime]] = OrderedDict()
        self._writes: set[asyncio.Task[None]] = set()

    async def load(self) -> None:
        """Read what was stored before."""
        now = self._clock()
        for server, scheme in (await self._database.read(lambda tx: servers.schemes(tx, now=now))).items():
            self._known[server] = scheme, now + servers.SCHEME_HOLDS

    async def close(self) -> None:
        """Wait for what is being written."""
        await asyncio.gather(*self._writes)

    def remembered(self, server: Server) -> str | None:
        """The scheme this server took last, unless that is too long ago."""
        scheme, ends = self._known.get(server, (None, self._clock()))
        return scheme if self._clock() < ends else None

    def remember(self, server: Server, scheme: str | None) -> None:
        """The server took this scheme; None: it took none any more."""
        self._known.pop(server, None)
        if scheme is not None:
            self._known[server] = scheme, self._clock() + servers.SCHEME_HOLDS
        while len(self._known) > _MOST_SERVERS:
            self._known.popitem(last=False)
        if scheme is None or scheme in self._kept:
            task = asyncio.get_running_loop().create_task(self._store(server, scheme))
            self._writes.add(task)
            task.add_done_callback(self._writes.discard)

    async def _store(self, server: Server, scheme: str | None) -> None:
        now = self._clock()

        def store(tx: Transaction) -> None:
            # A server that only made us fetch something leaves no row: anybody can invent any number of those (S62).
            if servers.find(tx, server) != servers.ServerRow(server=server):
                servers.remember_scheme(tx, server, scheme, now=now)

        try:
            await self._database.write(store)
        except DatabaseFault as error:
            log.warning("the signature scheme of %s is not kept: %s", server, error)
