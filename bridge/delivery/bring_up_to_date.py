"""A server's name -> everything due for it sent in order, each outcome in the ledger before the next is sent.

The handler of the job kind `deliver`. It returns when the server's next delivery is due, and is woken then. One server
has one sender, here and on all machines (the queue sees to it), so a host never gets more than a few posts at once.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bridge import metrics
from bridge.clock import Clock
from bridge.delivery import health
from bridge.delivery.lanes import Lane, Lanes
from bridge.delivery.ledger import Ledger, Told, Work
from bridge.delivery.outcome import Delivered, Gone, Moved, Outcome, Refused, TryLater
from bridge.delivery.send import CAVAGE, Sender, Sent
from bridge.jobs.retry import next_attempt
from bridge.store import attempts, deliveries
from bridge.store.deliveries import Due
from bridge.store.servers import SCHEME_HOLDS, ServerRow
from bridge.terms import InboxUrl, Server

log = logging.getLogger(__name__)

#: After so long a server with very much to get lets others have its place.
_LONGEST_TURN = timedelta(seconds=20)
#: How many inboxes of one server are posted to at once.
_INBOXES_AT_ONCE = 4
#: A 404 may be of today only, as while a server is being set up again; after so long it is the inbox's last word.
_NOT_FOUND_FOR = timedelta(days=2)
#: What a silent server was sent is not sent again before this after a crash: as if it had failed.
_SILENT_FOR = timedelta(minutes=1)


@dataclass
class _Turn:
    """One run of the job: what is known of the server by now, and when there will be more to do.

    `is_last`: the one thing that is sent is all that waits.
    """

    row: ServerRow
    is_last: bool = False
    later: datetime | None = None
    is_over: bool = False


@dataclass(frozen=True, kw_only=True)
class BringUpToDate:
    """Everything the job needs; `__call__` is its handler."""

    ledger: Ledger
    sender: Sender
    lanes: Lanes
    give_up_after: timedelta
    clock: Clock

    async def __call__(self, key: str) -> timedelta | None:
        server = Server(key)
        # Read before there is a lane: jobs are taken many at once, and share this read while they wait for one.
        work = await self.ledger.work_for(server)
        async with self.lanes.lane() as lane:
            ends = self.clock() + _LONGEST_TURN
            while True:
                now = self.clock()
                if not work.due:
                    return None if work.later is None else max(work.later - now, timedelta(0))
                if self.lanes.is_closing:
                    return timedelta(0)
                if work.is_blocked or health.is_dead(work.server, now=now):
                    await self._skip(work, now)
                    work = await self.ledger.work_for(server)
                    continue
                if work.server.not_before is not None and work.server.not_before > now:
                    return work.server.not_before - now
                turn = _Turn(row=work.server, is_last=work.is_all and len(work.due) == 1)
                await self._send_all(turn, work.due, lane)
                now = self.clock()
                if turn.is_over and turn.row.not_before is not None:
                    return max(turn.row.not_before - now, timedelta(0))
                if turn.later is None:
                    return None
                if turn.later > now or turn.is_over or now >= ends:
                    return max(turn.later - now, timedelta(0))
                work = await self.ledger.work_for(server)

    async def _skip(self, work: Work, now: datetime) -> None:
        """Say of everything due why it is not sent (security S132)."""
        if work.is_blocked:
            reason = "the author blocks this server"
        else:
            since = work.server.failing_since or now
            reason = f"the server has not answered since {since:%Y-%m-%d}"
        for one in work.due:
            outcome = attempts.Outcome(id=one.id, state="given-up", status=None, reason=reason, due_at=now)
            await self.ledger.tell(Told(server=work.server.server, outcome=outcome, row=None))

    async def _send_all(self, turn: _Turn, due: Sequence[Due], lane: Lane) -> None:
        by_inbox: dict[InboxUrl, list[Due]] = {}
        for one in due:
            by_inbox.setdefault(one.inbox, []).append(one)
        inboxes = list(by_inbox.values())
        if len(inboxes) == 1 or turn.row.failing_since is not None:
            for some in inboxes:
                await self._send_in_order(turn, some, lane)
            return
        await self._send_in_order(turn, inboxes.pop(0), lane)
        ends = self.clock() + _LONGEST_TURN

        async def hand_over() -> None:
            async with self.lanes.lane() as another:
                while inboxes and not turn.is_over and self.clock() < ends:
                    await self._send_in_order(turn, inboxes.pop(0), another)

        async with asyncio.TaskGroup() as group:
            for _ in range(min(_INBOXES_AT_ONCE - 1, len(inboxes) - 1)):
                group.create_task(hand_over())
            while inboxes and not turn.is_over and self.clock() < ends:
                await self._send_in_order(turn, inboxes.pop(0), lane)

    async def _send_in_order(self, turn: _Turn, due: Sequence[Due], lane: Lane) -> None:
        for one in due:
            if turn.is_over:
                return
            if self.lanes.is_closing:
                turn.is_over, turn.later = True, self.clock()
                return
            await lane.come_back()
            await self._send(turn, one, lane)

    async def _send(self, turn: _Turn, one: Due, lane: Lane) -> None:
        letter = await self.ledger.letter(one.activity)

        async def note_silence() -> bool:
            return await self.ledger.put_off(one, until=self.clock() + _SILENT_FOR, reason="sent, no answer yet")

        loop = asyncio.get_running_loop()
        began = loop.time()
        sent = await self.sender.send(
            one.inbox,
            letter,
            remembered=_scheme(turn.row, self.clock()),
            was_failing=turn.row.failing_since is not None,
            asks=lambda: lane.asks(note_silence),
        )
        await lane.settled(has_answer=sent.outcome.status is not None)
        metrics.delivery(type(sent.outcome).__name__, loop.time() - began)
        turn.later = await self.ledger.tell(self._told(turn, one, sent))

    def _told(self, turn: _Turn, one: Due, sent: Sent) -> Told:
        now = self.clock()
        outcome = sent.outcome
        kept = _ledger_entry(one, outcome, now=now, give_up_after=self.give_up_after)
        row = health.row_after(turn.row, outcome, now=now, next_try=kept.due_at if kept.state == "waiting" else None)
        row = _with_scheme(row, turn.row, sent, now)
        turn.row = row or turn.row
        turn.is_over = turn.is_over or health.is_about_the_server(outcome) or turn.row.failures >= 3
        if log.isEnabledFor(logging.INFO) and not isinstance(outcome, Delivered):
            log.info("delivery %d to %s: %s, %s", one.id, one.inbox, kept.state, kept.reason)
        return Told(
            server=turn.row.server,
            outcome=kept,
            row=row,
            is_last=turn.is_last,
            recheck=one.inbox if isinstance(outcome, Gone | Moved) else None,
            give_up_before=now - self.give_up_after if turn.is_over else None,
        )


def _ledger_entry(one: Due, outcome: Outcome, *, now: datetime, give_up_after: timedelta) -> attempts.Outcome:
    state: deliveries.State
    due_at = now
    status: int | None
    match outcome:
        case Delivered(status):
            state, reason = "delivered", ""
        case Refused(status, reason):
            state = "refused"
        case Gone(404 as status, reason):
            again = _again(one, now, min(give_up_after, _NOT_FOUND_FOR))
            state, due_at = ("gone", now) if again is None else ("waiting", again)
        case Gone(status, reason):
            state = "gone"
        case Moved(status, reason):
            again = _again(one, now, give_up_after)
            state, due_at = ("given-up", now) if again is None else ("waiting", again)
        case TryLater(status, reason, retry_after):
            again = _again(one, now, give_up_after, retry_after)
            state, due_at = ("given-up", now) if again is None else ("waiting", again)
    return attempts.Outcome(id=one.id, state=state, status=status, reason=reason, due_at=due_at)


def _again(one: Due, now: datetime, give_up_after: timedelta, retry_after: timedelta | None = None) -> datetime | None:
    """When this one is tried again after one more failure, or None."""
    return next_attempt(
        one.attempts + 1,
        begun=one.created_at,
        now=now,
        chance=random.random(),
        give_up_after=give_up_after,
        retry_after=retry_after,
    )


def _scheme(row: ServerRow, now: datetime) -> str | None:
    return row.scheme if row.scheme_until is not None and row.scheme_until > now else None


def _with_scheme(row: ServerRow | None, before: ServerRow, sent: Sent, now: datetime) -> ServerRow | None:
    """What opened is remembered where it is not the first choice; what was remembered and opens no more is not."""
    known = _scheme(before, now)
    refused = isinstance(sent.outcome, Refused) and sent.outcome.status in (401, 403)
    if sent.scheme is not None and sent.scheme != known and (known is not None or sent.scheme != CAVAGE):
        wanted: str | None = sent.scheme
    elif refused and known is not None:
        wanted = None
    else:
        return row
    return (row or before).with_scheme(wanted, until=None if wanted is None else now + SCHEME_HOLDS)
