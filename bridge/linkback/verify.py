"""A page that says it links to us -> looked at, and what it says kept; the job `linkback-check`.

Only the source itself is fetched, through the guarded client, once for all issues it names, and again after 1, 7 and 30
days (W3C Webmention 3.2.2; security S101, S104, S105).
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta

from bridge.clock import Clock
from bridge.config import Config
from bridge.errors import FetchError, FetchFailed
from bridge.linkback.gap import RECHECKS, RETRIES
from bridge.linkback.keep import Keeper
from bridge.linkback.microformats import MarkedEntry, read_entries
from bridge.linkback.source_page import SourcePage, decoded, read_page
from bridge.linkback.spoken import Spoken, spoken_of
from bridge.linkback.work import work_off
from bridge.remote.budget import Budget, BudgetSpent, Cause
from bridge.remote.documents import Documents, Page
from bridge.store import linkbacks
from bridge.store.database import Database, Transaction
from bridge.store.linkbacks import LinkbackRow
from bridge.terms import Server
from bridge.urls import host_of

_MEDIA_TYPES = ("text/html", "application/xhtml+xml", "application/json", "text/plain")
#: The source and its redirects, and no second more than its lease.
_FETCHES = 6
_TIME = timedelta(seconds=20)
#: What never was a linkback is remembered this long, for `rundbrief why`.
_REMEMBERED = timedelta(days=30)


@dataclass(frozen=True, kw_only=True)
class _Seen:
    """What was found at the page: what it says of each target it links to, or why nothing can be said."""

    spoken: dict[str, Spoken]
    gone: str = ""
    silent: str = ""


@dataclass(frozen=True, kw_only=True)
class Verifier:
    """The handler of the job."""

    config: Config
    database: Database
    documents: Documents
    clock: Clock

    async def __call__(self, _key: str) -> timedelta | None:
        """Look at every page that is due."""
        await work_off(self._claim, self._look)
        await self.database.write(lambda tx: linkbacks.forget_refused(tx, before=self.clock() - _REMEMBERED))
        return None

    async def _claim(self, limit: int, busy: Collection[Server]) -> Sequence[LinkbackRow]:
        now = self.clock()
        return await self.database.write(lambda tx: linkbacks.claim(tx, now=now, limit=limit, busy=busy))

    async def _look(self, claimed: LinkbackRow) -> None:
        rows = await self.database.read(lambda tx: self._rows(tx, claimed))
        if isinstance(rows, list):
            seen = await self._see(claimed.source, rows)
            await self.database.write(lambda tx: self._keep(tx, claimed, seen))
        else:
            await self.database.write(lambda tx: self._block(tx, claimed, rows))

    def _rows(self, tx: Transaction, claimed: LinkbackRow) -> list[LinkbackRow] | str:
        """Every issue the page names; or why nobody need look, because its server is blocked by now."""
        unwanted = Keeper(tx=tx, config=self.config, now=self.clock()).unwanted(claimed)
        if unwanted is not None:
            return unwanted
        return linkbacks.of_source(tx, claimed.blog_id, claimed.source_key)

    def _block(self, tx: Transaction, claimed: LinkbackRow, reason: str) -> None:
        keeper = Keeper(tx=tx, config=self.config, now=self.clock())
        for row in linkbacks.of_source(tx, claimed.blog_id, claimed.source_key):
            keeper.block(row, reason)
            linkbacks.change(tx, row.id, {"check_at": None})

    async def _see(self, source: str, rows: Sequence[LinkbackRow]) -> _Seen:
        targets = list(dict.fromkeys(row.target for row in rows))
        # Anybody may name a page, and it may lead on to anybody's.
        cause = Cause(name=host_of(source), is_proven=True)
        budget = Budget(fetches=_FETCHES, time_allowed=_TIME, cause=cause)
        try:
            page = await self.documents.fetch_page(source, budget=budget, media_types=_MEDIA_TYPES)
        except (FetchFailed, BudgetSpent) as error:
            return _Seen(spoken={}, silent=str(error))
        except FetchError as error:
            return _Seen(spoken={}, gone=str(error))
        read = await asyncio.to_thread(
            read_page,
            page.body,
            media_type=page.media_type,
            url=page.url,
            charset=page.charset,
            targets=targets,
        )
        marked = await _marked(read, page)
        spoken = {}
        for target in read.excerpts:
            spoken[target] = await asyncio.to_thread(spoken_of, read, marked.get(target), source=source, target=target)
        return _Seen(spoken=spoken)

    def _keep(self, tx: Transaction, claimed: LinkbackRow, seen: _Seen) -> None:
        now = self.clock()
        keeper = Keeper(tx=tx, config=self.config, now=now)
        for row in linkbacks.of_source(tx, claimed.blog_id, claimed.source_key):
            if row.id != claimed.id:
                linkbacks.change(tx, row.id, {"fetched_at": claimed.fetched_at})
            spoken = seen.spoken.get(row.target)
            if seen.silent:
                self._try_later(tx, keeper, row, seen.silent)
                continue
            unwanted = None if spoken is None else keeper.unwanted(row, spoken.actor_id)
            if unwanted is not None:
                keeper.block(row, unwanted)
            elif spoken is not None:
                keeper.accept(row, spoken)
            else:
                keeper.refuse(row, seen.gone or f"{row.source} does not hold the link {row.target}")
            # A look that somebody asked for while this one went on still comes.
            is_asked = row.check_at != claimed.check_at if row.id == claimed.id else (row.check_at or now) > now
            if not is_asked:
                self._plan(tx, row, is_there=spoken is not None and unwanted is None)

    def _plan(self, tx: Transaction, row: LinkbackRow, *, is_there: bool) -> None:
        """When to look again at what is shown."""
        checks = row.checks + 1 if row.state == "accepted" else 0
        linkbacks.change(tx, row.id, {"checks": checks, "failures": 0, "check_at": None})
        if is_there and checks < len(RECHECKS):
            now = self.clock()
            linkbacks.schedule(tx, row.id, at=max(row.first_at + RECHECKS[checks], now + RECHECKS[0]), now=now)

    def _try_later(self, tx: Transaction, keeper: Keeper, row: LinkbackRow, reason: str) -> None:
        """No answer says nothing about the link: what is shown stays (S105), what is new gets a few days."""
        if row.state != "accepted" and row.failures >= len(RETRIES):
            keeper.refuse(row, reason)
            linkbacks.change(tx, row.id, {"check_at": None})
            return
        wait = RETRIES[min(row.failures, len(RETRIES) - 1)]
        now = self.clock()
        linkbacks.change(tx, row.id, {"failures": row.failures + 1, "reason": reason})
        if row.state != "accepted" or row.failures < 30:
            linkbacks.schedule(tx, row.id, at=now + wait, now=now)
        else:
            linkbacks.change(tx, row.id, {"check_at": None})


async def _marked(read: SourcePage, page: Page) -> dict[str, MarkedEntry]:
    """What the microformats say of each target, where the page has any."""
    if not read.has_microformats or not read.excerpts:
        return {}
    return await read_entries(decoded(page.body, page.charset), url=page.url, targets=list(read.excerpts))
