"""Requests that were turned away -> rows of the record, in batches; of strangers, a few rows apart from it.

The inbox's route hands them over; nothing is written in a refused request's own path. Anybody could fill the database
by being refused (security S1, S61), so what a stranger did not even sign leaves nothing but a count, and of all
strangers together the last `strangers.MOST` requests are kept: enough to explain why the first reply of somebody of a
new server did not get through. Servers that the author blocks are known by that.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import Counter, OrderedDict

from bridge.activity.incoming import peek
from bridge.activity.json_text import read_json
from bridge.activity.shapes import web_url
from bridge.clock import Clock
from bridge.errors import Blocked, DatabaseFault, Malformed, Refusal
from bridge.inbox.result import Verdict
from bridge.store import received, strangers
from bridge.store.database import Database, Transaction
from bridge.store.received import Received
from bridge.terms import Server
from bridge.urls import BadUrl, host_of

log = logging.getLogger(__name__)

_EVERY_SECONDS = 0.5
#: What waits to be written: so many servers, so many rows of each; of one server the oldest go first.
_MOST_SERVERS = 500
_MOST_OF_ONE = 50
#: Rows of refused requests that are kept of one server.
MOST_KEPT = 500
_LONGEST = 500
#: Strangers' rows that are written at once.
_MOST_OF_STRANGERS = 40
_UNSIGNED = "missing"

_VERDICTS: dict[int, Verdict] = {401: "bad-signature", 403: "blocked", 503: "bad-signature"}


class BlockedOnRecord(Blocked):
    """A blocked sender who proved to be it, so that its activity is in the record already."""


class Refusals:
    """Collects and writes. `counts` are all refused requests since the start, by status and the check that failed."""

    def __init__(self, database: Database, *, blog_id: int, clock: Clock) -> None:
        self._database = database
        self._blog_id = blog_id
        self._clock = clock
        self._waiting: OrderedDict[Server, OrderedDict[tuple[str, ...], Received]] = OrderedDict()
        self.counts: Counter[tuple[int, str]] = Counter()

    def add(self, body: bytes, refusal: Refusal) -> None:
        """Note a refused request; whom it claims to be from is all that is read of it."""
        check = str(refusal).partition(":")[0]
        self.counts[refusal.status, check if refusal.status == 401 and len(check) < 30 else ""] += 1
        row = self._row(body, refusal)
        if row is None or isinstance(refusal, BlockedOnRecord):
            return
        of_server = self._waiting.setdefault(row.server, OrderedDict())
        place = (row.type, str(row.actor_id), str(row.activity_id), str(row.object_id), row.reason)
        before = of_server.pop(place, None)
        of_server[place] = row if before is None else row._replace(repeats=before.repeats + 1)
        if len(of_server) > _MOST_OF_ONE:
            of_server.popitem(last=False)
        if len(self._waiting) > _MOST_SERVERS:
            self._waiting.popitem(last=False)

    def _row(self, body: bytes, refusal: Refusal) -> Received | None:
        try:
            document = read_json(body)
            seen = peek(document)
            server = host_of(seen.actor)
        except (Malformed, BadUrl, RecursionError):
            return None
        return Received(
            blog_id=self._blog_id,
            seen_key=None,
            activity_id=web_url(document.get("id")),
            type=seen.type[:100],
            actor_id=seen.actor,
            server=server,
            object_id=seen.object_id,
            verdict=_VERDICTS.get(refusal.status, "ignored"),
            reason=str(refusal)[:_LONGEST],
            status=refusal.status,
            received_at=self._clock(),
        )

    async def run(self) -> None:
        """Write what waits, twice a second, until cancelled; what waits then is written first."""
        try:
            while True:
                await asyncio.sleep(_EVERY_SECONDS)
                if self._waiting:
                    await self._write_or_log()
        finally:
            with contextlib.suppress(DatabaseFault):
                await self.write()

    async def _write_or_log(self) -> None:
        try:
            await self.write()
        except DatabaseFault as fault:
            log.error("refused requests could not be put on record: %s", fault)

    async def write(self) -> None:
        """Write what waits of those we know, and a little of the rest."""
        waiting, self._waiting = self._waiting, OrderedDict()
        if not waiting:
            return
        known = await self._database.read(lambda tx: received.known_servers(tx, list(waiting)))
        every = [(server in known, row) for server, of_server in waiting.items() for row in of_server.values()]
        rows = [row for is_known, row in every if is_known or row.verdict == "blocked"]
        unknown = [row for is_known, row in every if not is_known and _is_worth_keeping(row)][:_MOST_OF_STRANGERS]
        if not rows and not unknown:
            return

        def write(tx: Transaction) -> None:
            if rows:
                received.add_refused(tx, rows)
            for server in {row.server for row in rows}:
                received.trim_refused(tx, server, most=MOST_KEPT)
            if unknown:
                strangers.add(tx, unknown)

        await self._database.write(write)


def _is_worth_keeping(row: Received) -> bool:
    """Whether a stranger's request may be one to be explained: it was signed, and the sender was told no.

    What an activity lacks (400) is judged when there is a signature only; without one the answer is 401.
    """
    return row.status in (400, 401, 503) and row.reason.partition(":")[0] != _UNSIGNED
