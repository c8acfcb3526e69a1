"""Something came from a server -> it is alive, so what waits for it goes now; checked once in ten minutes for each."""

from __future__ import annotations

from collections import OrderedDict
from datetime import datetime, timedelta

from bridge.store import deliveries, servers
from bridge.store.database import Transaction
from bridge.terms import Server

_ONCE_IN = timedelta(minutes=10)
_MOST_SERVERS = 10_000


class LifeSigns:
    """Which servers were heard of lately, so that a busy one costs nothing."""

    def __init__(self) -> None:
        self._heard: OrderedDict[Server, datetime] = OrderedDict()

    def is_news(self, server: Server, *, now: datetime) -> bool:
        """Whether the ledger should be told."""
        last = self._heard.get(server)
        if last is not None and now - last < _ONCE_IN:
            return False
        self._heard[server] = now
        self._heard.move_to_end(server)
        if len(self._heard) > _MOST_SERVERS:
            self._heard.popitem(last=False)
        return True


def note_life(tx: Transaction, server: Server, *, now: datetime) -> None:
    """If we thought that it fails, we think so no more."""
    if servers.revive(tx, server, now=now):
        deliveries.hurry(tx, server, now=now)
