"""The ledger as the senders use it: what is due, what became of it, in few transactions however many servers there are.

`bring_up_to_date` asks and reports for one server at a time; what is asked at the same moment shares a transaction. An
outcome is never dropped: while the database does not answer it is kept and reported again, because forgetting it would
mean sending twice.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from bridge.clock import Clock
from bridge.conversation.blocklist import domains_of
from bridge.delivery.letter import Letter
from bridge.delivery.recheck import recheck_of
from bridge.errors import DatabaseFault
from bridge.jobs.gathered import Gathered
from bridge.store import attempts, blocks, deliveries, published, servers
from bridge.store.database import Database, Transaction
from bridge.store.deliveries import Due
from bridge.store.servers import ServerRow
from bridge.terms import InboxUrl, Server

log = logging.getLogger(__name__)

_MOST_AT_ONCE = 200
_MOST_LETTERS = 64
_AGAIN = 0.5  #: seconds until the database is asked again
_LONGEST_OUTAGE = 300.0  #: seconds


@dataclass(frozen=True, kw_only=True, slots=True)
class Work:
    """What is to be done for one server. `later` is when there will be more; `is_blocked` by the author.

    `is_all`: nothing waits for it but what is due.
    """

    server: ServerRow
    due: Sequence[Due]
    later: datetime | None
    is_all: bool
    is_blocked: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """One attempt's outcome, what the server's row says now (None: as before), and a job it causes.

    `is_last`: nothing else waits for the server, but what comes with a wake-up of its own.
    """

    server: Server
    outcome: attempts.Outcome
    row: ServerRow | None
    is_last: bool = False
    recheck: InboxUrl | None = None
    give_up_before: datetime | None = None


class Ledger:
    """Batched access to deliveries and servers. `blog_id` is whose blocks count."""

    def __init__(self, database: Database, *, blog_id: int, blocked: Sequence[str], clock: Clock) -> None:
        self._database = database
        self._blog_id = blog_id
        self._blocked = frozenset(blocked)
        self._clock = clock
        self._asked: Gathered[Server, Work] = Gathered(self._read, most=_MOST_AT_ONCE)
        self._told: Gathered[Told, datetime | None] = Gathered(self._write, most=_MOST_AT_ONCE)
        self._letters: OrderedDict[int, asyncio.Task[Letter]] = OrderedDict()

    async def work_for(self, server: Server) -> Work:
        """What this server should get now. Raises DatabaseFault."""
        return await self._asked.ask(server)

    async def tell(self, told: Told) -> datetime | None:
        """Keep an outcome; committed when this returns. Gives when the server's next delivery is due."""
        return await self._told.ask(told)

    async def put_off(self, delivery: Due, *, until: datetime, reason: str) -> bool:
        """Sent, and no answer yet. False while the database does not answer: nothing is known of it then."""
        now = self._clock()
        try:
            await self._database.write(
                lambda tx: attempts.put_off(tx, [delivery.id], until=until, reason=reason, now=now)
            )
        except DatabaseFault as fault:
            log.warning("that delivery %d has no answer yet could not be noted: %s", delivery.id, fault)
            return False
        return True

    async def letter(self, activity: int) -> Letter:
        """The bytes of an activity, with their digests: read and made once, however many ask at the same moment."""
        reading = self._letters.get(activity)
        if reading is None or (reading.done() and reading.exception() is not None):
            reading = self._letters[activity] = asyncio.create_task(self._make_letter(activity))
            if len(self._letters) > _MOST_LETTERS:
                self._letters.popitem(last=False)
        return await asyncio.shield(reading)

    async def _make_letter(self, activity: int) -> Letter:
        return Letter(await self._database.read(lambda tx: published.activity_body(tx, activity)))

    async def _read(self, names: Sequence[Server]) -> Sequence[Work]:
        now = self._clock()
        return await self._database.read(lambda tx: self._work(tx, names, now))

    def _work(self, tx: Transaction, names: Sequence[Server], now: datetime) -> list[Work]:
        due: dict[Server, list[Due]] = {}
        look = deliveries.look(tx, names, now=now)
        for one in look.due:
            due.setdefault(one.server, []).append(one)
        rows = servers.find_many(tx, names)
        domains = {domain for name in names for domain in domains_of(name)}
        blocked = blocks.among(tx, self._blog_id, domains) | self._blocked
        return [
            Work(
                server=rows.get(name) or ServerRow(server=name),
                due=due.get(name, ()),
                later=look.later.get(name),
                is_all=name not in look.more,
                is_blocked=bool(blocked) and not blocked.isdisjoint(domains_of(name)),
            )
            for name in names
        ]

    async def _write(self, told: Sequence[Told]) -> Sequence[datetime | None]:
        end = asyncio.get_running_loop().time() + _LONGEST_OUTAGE
        while True:
            now = self._clock()
            try:
                return await self._database.write(partial(_record, told=told, now=now))
            except DatabaseFault as fault:
                if asyncio.get_running_loop().time() > end:
                    raise
                log.error("outcomes of %d deliveries wait for the database: %s", len(told), fault)
                await asyncio.sleep(_AGAIN)


def _record(tx: Transaction, told: Sequence[Told], now: datetime) -> list[datetime | None]:
    behind = attempts.record(tx, [one.outcome for one in told], now=now)
    servers.keep(tx, list({one.server: one.row for one in told if one.row is not None}.values()))
    for one in told:
        if one.recheck is not None:
            tx.wake(recheck_of(one.recheck))
        if one.give_up_before is not None:
            deliveries.give_up(tx, one.server, created_before=one.give_up_before, reason=one.outcome.reason, now=now)
    unsure = {one.server for one in told if not one.is_last} | behind
    later = deliveries.next_due(tx, list(unsure)) if unsure else {}
    return [later.get(one.server) if one.server in unsure else _again(one.outcome) for one in told]


def _again(outcome: attempts.Outcome) -> datetime | None:
    return outcome.due_at if outcome.state == "waiting" else None
