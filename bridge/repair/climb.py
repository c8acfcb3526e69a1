"""A parked reply -> its parents fetched one by one, until one is known or it is sure that none will be.

The handler of the job kind `climb`; the inbox writes the job when a reply comes whose parent is not here.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from bridge.activity.incoming_note import Note
from bridge.activity.remote_actor import RemoteActor
from bridge.errors import FetchError, FetchFailed, FetchGone, FetchNotFound, TooMany
from bridge.inbox.arrival import Arrival, keep, may_stand_under
from bridge.inbox.context import Context
from bridge.inbox.result import Ignored, Result
from bridge.remote.budget import Budget, BudgetSpent, Cause
from bridge.repair.arrivals import arrivals_of
from bridge.store import parked, received
from bridge.store.database import Database, Transaction
from bridge.urls import host_of

log = logging.getLogger(__name__)

_HIGHEST = 16
#: Waits after a server did not answer; then the reply is given up, and `why` says so.
_AGAIN = tuple(timedelta(minutes=minutes) for minutes in (5, 60, 6 * 60, 24 * 60))


@dataclass(frozen=True, kw_only=True)
class Climb:
    """Everything the job needs; `context` makes what the inbox's own handlers get."""

    database: Database
    context: Callable[[], Context]

    async def __call__(self, key: str) -> timedelta | None:
        row = await self.database.read(lambda tx: parked.find(tx, key))
        if row is None:
            return None
        context = self.context()
        budget = Budget(fetches=2 * _HIGHEST, cause=Cause(name=host_of(key), is_proven=True))
        try:
            branch = await self._branch(key, context, budget)
        except (FetchFailed, BudgetSpent, TooMany) as error:
            return await self._later(key, row.attempts, str(error))
        except FetchError as error:
            await self._end(key, Ignored(reason=_broken(error)))
            return None
        if branch is None:
            await self._end(key, Ignored(reason="the thread it belongs to begins with a post that is nothing of ours"))
            return None
        arrivals = await arrivals_of(branch, context, budget)
        await self.database.write(lambda tx: self._keep(tx, key, arrivals, context))
        return None

    async def _branch(self, address: str, context: Context, budget: Budget) -> list[tuple[Note, RemoteActor]] | None:
        """The posts from the topmost unknown one down to the reply; None when they lead to nothing of ours."""
        branch: list[tuple[Note, RemoteActor]] = []
        seen: set[str] = set()
        while len(branch) < _HIGHEST and address not in seen:
            seen.add(address)
            note, actor = await context.sources.post(address, budget)
            seen.add(note.id)
            branch.insert(0, (note, actor))
            if await self.database.read(lambda tx, n=note: may_stand_under(tx, n, context)):  # type: ignore[misc]
                return branch
            if note.in_reply_to is None:
                return None
            address = note.in_reply_to
        return None

    def _keep(self, tx: Transaction, key: str, arrivals: Sequence[Arrival], context: Context) -> None:
        result: Result = Ignored(reason="its thread could not be put together")
        for arrival in arrivals:
            result = keep(tx, arrival, context)
        parked.remove(tx, key)
        received.settle(tx, key, verdict=result.verdict, reason=result.reason, issue_id=result.issue_id)

    async def _later(self, key: str, attempts: int, why: str) -> timedelta | None:
        if attempts >= len(_AGAIN):
            await self._end(key, Ignored(reason=f"its parents could not be fetched, in {attempts + 1} tries: {why}"))
            return None
        await self.database.write(lambda tx: parked.count_attempt(tx, key))
        return _AGAIN[attempts]

    async def _end(self, key: str, result: Ignored) -> None:
        def end(tx: Transaction) -> None:
            parked.remove(tx, key)
            received.settle(tx, key, verdict=result.verdict, reason=result.reason, issue_id=None)

        await self.database.write(end)


def _broken(error: FetchError) -> str:
    if isinstance(error, FetchGone | FetchNotFound):
        return f"a post above it is gone, so that nobody can tell what it belongs to ({error})"
    return f"a post above it cannot be had ({error})"
