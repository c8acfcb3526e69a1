"""A parked reply -> its parents fetched one by one, until one is known or it is certain that none will be.

The handler of the job kind `climb`; the inbox writes the job when a reply comes whose parent is not here. A parent that
its server does not hand out may still be sent to us: the reply waits for it for some days.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from bridge.activity.incoming_note import Note
from bridge.activity.remote_actor import RemoteActor
from bridge.errors import FetchError, FetchFailed, FetchGone, FetchNotFound, TooMany
from bridge.inbox.arrival import Arrival, keep, may_stand_under
from bridge.inbox.context import Context
from bridge.inbox.result import Ignored, Result
from bridge.inbox.waiting import end
from bridge.remote.budget import Budget, BudgetSpent, Cause
from bridge.repair.arrivals import arrivals_of
from bridge.store import parked, received
from bridge.store.database import Database, Transaction
from bridge.store.parked import ParkedRow
from bridge.urls import host_of

#: Posts that one job climbs; the next one goes on from there, up to so many in all.
_AT_ONCE = 16
_HIGHEST = 200
#: Waits after a server did not answer; then the reply waits for its parents to be sent.
_AGAIN = tuple(timedelta(minutes=minutes) for minutes in (5, 60, 6 * 60, 24 * 60))

_FOREIGN = Ignored(reason="the thread it belongs to begins with a post that is nothing of ours")
_CIRCLE = Ignored(reason="the posts above it answer each other in a circle")
_TOO_HIGH = Ignored(
    reason=f"it stands more than {_HIGHEST} posts below the beginning of its thread; no more are asked for"
)
_NO_ROOM = Ignored(reason="the posts above it are more than its server may have looked for at once")


class _Stuck(Exception):
    """A post on the way up could not be had."""

    def __init__(self, address: str, error: FetchError | TooMany) -> None:
        super().__init__(str(error))
        self.address = address
        self.error = error


@dataclass(frozen=True)
class _Unfinished:
    """The way goes on above this post."""

    top: Note


_Posts = Sequence[tuple[Note, RemoteActor]]


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
        budget = Budget(fetches=2 * _AT_ONCE, cause=Cause(name=host_of(key), is_proven=True))
        try:
            branch = await self._branch(key, context, budget)
        except _Stuck as stuck:
            return await self._stuck(row, stuck, context.now)
        if isinstance(branch, Ignored):
            await self.database.write(lambda tx: end(tx, key, branch))
        elif isinstance(branch, _Unfinished):
            await self.database.write(lambda tx: self._go_on(tx, row, branch.top, context))
        else:
            arrivals = await arrivals_of(branch, context, budget)
            await self.database.write(lambda tx: self._keep(tx, key, arrivals, context))
        return None

    async def _branch(self, address: str, context: Context, budget: Budget) -> _Posts | _Unfinished | Ignored:
        """The posts from the topmost unknown one down to the reply, or why there are none. Raises _Stuck."""
        branch: list[tuple[Note, RemoteActor]] = []
        seen: set[str] = set()
        while address not in seen:
            seen.add(address)
            try:
                note, actor = await context.sources.post(address, budget)
            except (FetchError, TooMany) as error:
                raise _Stuck(address, error) from error
            seen.add(note.id)
            branch.insert(0, (note, actor))
            if await self.database.read(partial(may_stand_under, note=note, context=context)):
                return branch
            if note.in_reply_to is None:
                return _FOREIGN
            if len(branch) == _AT_ONCE:
                return _Unfinished(note)
            address = note.in_reply_to
        return _CIRCLE

    def _go_on(self, tx: Transaction, row: ParkedRow, top: Note, context: Context) -> None:
        """Let the highest post be looked at by a job of its own; when it is here, this reply follows."""
        height = row.height + _AT_ONCE - 1
        parent = top.in_reply_to
        if height >= _HIGHEST or parent is None:
            return end(tx, row.object_id, _TOO_HIGH)
        server = host_of(top.id)
        blog_id, now = context.blog.id, context.now
        if not parked.add(tx, blog_id, object_id=top.id, in_reply_to=parent, server=server, now=now, height=height):
            return end(tx, row.object_id, _NO_ROOM)
        _wait(tx, row, missing=top.id, reason="the posts above it are being looked for", now=now)
        return None

    def _keep(self, tx: Transaction, key: str, arrivals: Sequence[Arrival], context: Context) -> None:
        result: Result = Ignored(reason="its thread could not be put together")
        above: Result | None = None
        for arrival in arrivals:
            above, result = result, keep(tx, arrival, context)
        if result.verdict == "parked" and above is not None:
            result = Ignored(reason=f"the post above it was not taken: {above.reason}")
        parked.remove(tx, key)
        received.settle(tx, key, verdict=result.verdict, reason=result.reason, issue_id=result.issue_id)

    async def _stuck(self, row: ParkedRow, stuck: _Stuck, now: datetime) -> timedelta | None:
        may_work_later = isinstance(stuck.error, FetchFailed | BudgetSpent | TooMany)
        if may_work_later and row.attempts < len(_AGAIN):
            await self.database.write(lambda tx: parked.count_attempt(tx, row.object_id))
            return _AGAIN[row.attempts]
        if stuck.address == row.object_id and isinstance(stuck.error, FetchGone):
            gone = Ignored(verdict="deleted", reason=f"it was gone when its thread was looked for ({stuck})")
            await self.database.write(lambda tx: end(tx, row.object_id, gone))
            return None
        reason = _missing(row, stuck)
        await self.database.write(lambda tx: _wait(tx, row, missing=_awaited(row, stuck), reason=reason, now=now))
        return None


def _wait(tx: Transaction, row: ParkedRow, *, missing: str, reason: str, now: datetime) -> None:
    for oldest in parked.wait(tx, row, missing=missing, now=now):
        end(tx, oldest, Ignored(reason="what it answers did not come, and newer replies of its server wait too"))
    received.settle(tx, row.object_id, verdict="parked", reason=reason, issue_id=None)


def _awaited(row: ParkedRow, stuck: _Stuck) -> str:
    """The post whose coming would help: the missing one; the reply's parent where the reply itself was not given."""
    return row.in_reply_to if stuck.address == row.object_id else stuck.address


def _missing(row: ParkedRow, stuck: _Stuck) -> str:
    """Why the reply waits, truly."""
    tries = f" in {row.attempts + 1} tries" if row.attempts else ""
    if stuck.address == row.object_id:
        what = f"its own server did not give it to us{tries}, so its thread is not known"
    elif isinstance(stuck.error, FetchGone | FetchNotFound):
        what = f"a post above it is not there, so nobody can tell what it belongs to{tries}"
    else:
        what = f"a post above it cannot be had{tries}"
    until = f"should {_awaited(row, stuck)} be sent within {parked.PATIENCE.days} days, it is looked at again"
    return f"{what} ({stuck}); {until}"
