"""A server's name -> everything due for it sent in order, each outcome in the ledger before the next is sent.

The handler of the job kind `deliver`. It returns when the server's next delivery is due, and is woken then.
"""

from __future__ import annotations

import logging
import random
from dataclasses import dataclass
from datetime import datetime, timedelta

from bridge.clock import Clock
from bridge.delivery.outcome import Delivered, Gone, Outcome, Refused, TryLater
from bridge.delivery.send import Sender
from bridge.jobs.retry import next_attempt
from bridge.store import deliveries, servers
from bridge.store.database import Database, Transaction
from bridge.store.deliveries import Due
from bridge.terms import Server

log = logging.getLogger(__name__)

_AT_ONCE = 50


@dataclass(frozen=True, kw_only=True)
class BringUpToDate:
    """Everything the job needs; `__call__` is its handler."""

    database: Database
    sender: Sender
    give_up_after: timedelta
    clock: Clock

    async def __call__(self, key: str) -> timedelta | None:
        server = Server(key)
        while True:
            now = self.clock()
            due = await self.database.read(lambda tx, now=now: deliveries.due(tx, server, now=now, limit=_AT_ONCE))  # type: ignore[misc]
            if not due:
                break
            for delivery in due:
                outcome = await self.sender.send(delivery.inbox, delivery.body)
                await self._record(server, delivery, outcome)
        later = await self.database.read(lambda tx: deliveries.next_due(tx, server))
        return None if later is None else max(later - self.clock(), timedelta(0))

    async def _record(self, server: Server, delivery: Due, outcome: Outcome) -> None:
        now = self.clock()
        chance = random.random()

        def record(tx: Transaction) -> None:
            _record_outcome(tx, server, delivery, outcome, now=now, chance=chance, give_up_after=self.give_up_after)

        await self.database.write(record)
        log.info("delivery %s to %s: %s", delivery.id, delivery.inbox, outcome)


def _record_outcome(
    tx: Transaction,
    server: Server,
    delivery: Due,
    outcome: Outcome,
    *,
    now: datetime,
    chance: float,
    give_up_after: timedelta,
) -> None:
    match outcome:
        case Delivered(status):
            deliveries.record(tx, delivery.id, state="delivered", status=status, reason="", now=now)
            servers.change(tx, server, last_success_at=now, failures=0, failing_since=None, suspended_at=None)
        case Refused(status, reason):
            deliveries.record(tx, delivery.id, state="refused", status=status, reason=reason, now=now)
        case Gone(reason):
            deliveries.record(tx, delivery.id, state="gone", status=410, reason=reason, now=now)
        case TryLater(status, reason, retry_after):
            due_at = next_attempt(
                delivery.attempts + 1,
                begun=delivery.created_at,
                now=now,
                chance=chance,
                give_up_after=give_up_after,
                retry_after=retry_after,
            )
            state: deliveries.State = "given-up" if due_at is None else "waiting"
            deliveries.record(tx, delivery.id, state=state, status=status, reason=reason, now=now, due_at=due_at)
            known = servers.find(tx, server)
            servers.change(
                tx,
                server,
                last_failure_at=now,
                failures=known.failures + 1,
                failing_since=known.failing_since or now,
                reason=reason[:500],
            )
