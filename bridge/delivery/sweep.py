"""Servers with something due and no job -> a wake-up for each, at the start and every minute: a second safety net.

A wake-up is written in the transaction that causes it, so this finds something only after a worker died on another
machine, or after a fault of ours. `cli.serving` runs it beside the worker.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import datetime, timedelta
from functools import partial

from bridge.clock import Clock
from bridge.errors import DatabaseFault
from bridge.store import changes, deliveries, jobs, servers
from bridge.store.database import Database, Transaction

log = logging.getLogger(__name__)

_EVERY = 60.0  #: seconds
_OVERDUE = timedelta(seconds=30)
_TIDY_EVERY = timedelta(hours=1)
_CHANGES_KEPT = timedelta(hours=1)


def wake_forgotten(tx: Transaction, *, due_before: datetime) -> int:
    """Wake every server with something due before then for which no job waits; how many."""
    waiting = deliveries.servers_waiting(tx, now=due_before)
    known = jobs.queued_keys(tx, deliveries.DELIVER) if waiting else frozenset()
    forgotten = [server for server in waiting if server not in known]
    deliveries.wake(tx, forgotten)
    return len(forgotten)


def tidy(tx: Transaction, *, now: datetime) -> None:
    """Drop what nobody will ask for again: changes long read, servers long silent, the queue's own log."""
    changes.forget(tx, before=now - _CHANGES_KEPT)
    servers.forget_old(tx, now=now)
    jobs.forget_log(tx)


async def sweep(database: Database, *, clock: Clock) -> None:
    """Until cancelled."""
    overdue = timedelta(0)
    tidied: datetime | None = None
    while True:
        due_before = clock() - overdue
        try:
            found = await database.write(partial(wake_forgotten, due_before=due_before))
            if found:
                log.info("%d servers were waiting with no job, and have one now", found)
            overdue = _OVERDUE
            if tidied is None or clock() - tidied >= _TIDY_EVERY:
                tidied = clock()
                await database.write(partial(tidy, now=tidied))
        except DatabaseFault as fault:
            log.error("could not look for forgotten servers: %s", fault)
        await asyncio.sleep(_EVERY if overdue else 1.0)
