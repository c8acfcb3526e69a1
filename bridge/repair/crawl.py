"""An issue -> its conversation, searched for on other servers by `context`, `replies` and their pages, on a budget.

The handler of the job kind `crawl` (1 h, 6 h, 1 d, 3 d after publishing, and at closing) and `comments refresh` call
it. FEP-7888 and FEP-f228; every post fetched passes the same checks as one received (security S34, S42, S57).
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

from bridge.activity.collection import RemoteCollection, items_of
from bridge.activity.incoming_note import Note, parse_note
from bridge.activity.quirks import activity_named_by_group
from bridge.errors import FetchError, FetchGone, FetchNotFound, Malformed
from bridge.inbox.arrival import Arrival, edit, is_edited, keep, may_stand_under
from bridge.inbox.context import Context
from bridge.inbox.handlers.delete import empty
from bridge.remote.budget import Budget
from bridge.repair.arrivals import arrivals_of
from bridge.store import announcements, crawls, entries, issues, tombstones
from bridge.store.crawls import CrawlRow
from bridge.store.database import Database, Transaction
from bridge.store.entries import EntryRow
from bridge.store.issues import IssueRow
from bridge.terms import Document, ObjectId
from bridge.urls import BadUrl, host_of

log = logging.getLogger(__name__)


MOST_FETCHES = 1500
MOST_OF_A_HOST = 200
MOST_PAGES = 10
TIME = timedelta(minutes=5)
#: Posts looked at side by side; the door lets two at a time to one host.
_AT_ONCE = 8
_STAGES = (timedelta(hours=1), timedelta(hours=6), timedelta(days=1), timedelta(days=3))


@dataclass(frozen=True, kw_only=True)
class Crawled:
    """What a crawl did: how many requests, how many new entries, and what was left unread and why."""

    asked: int
    found: int
    unread: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Crawl:
    """Everything a crawl needs; `__call__` is the job's handler."""

    database: Database
    context: Callable[[], Context]

    async def __call__(self, key: str) -> timedelta | None:
        issue = await self.database.read(lambda tx: issues.find(tx, int(key)))
        if issue is None or issue.state != "published":
            return None
        await self.crawl(issue)
        return next_in(issue, self.context())

    async def crawl(self, issue: IssueRow) -> Crawled:
        """Look for everything said about one issue. Never raises because of what other servers do."""
        walk = _Walk(self.database, self.context(), issue)
        done = await walk.run()
        now = self.context().now
        row = CrawlRow(checked_at=now, asked=done.asked, found=done.found, unread="; ".join(done.unread)[:2_000])
        await self.database.write(lambda tx: crawls.record(tx, issue.id, row))
        log.info("crawled %s: %d requests, %d new entries", issue.slug, done.asked, done.found)
        return done


def next_in(issue: IssueRow, context: Context) -> timedelta | None:
    """How long until the next crawl of an issue; None when it was the last."""
    begun = issue.published_at or issue.date
    moments = [begun + stage for stage in _STAGES]
    if issue.comments_close_at is not None and issue.comments_open is None:
        moments.append(issue.comments_close_at)
    coming = [moment for moment in moments if moment > context.now]
    return min(coming) - context.now if coming else None


@dataclass
class _Walk:
    """One crawl under way: what was asked, what is still to ask, and posts whose parent was not seen yet."""

    database: Database
    context: Context
    issue: IssueRow
    asked: set[str] = field(default_factory=set)
    of_host: Counter[str] = field(default_factory=Counter)
    todo: deque[str] = field(default_factory=deque)
    orphans: dict[str, list[Arrival]] = field(default_factory=dict)
    found: int = 0
    unread: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.budget = Budget(fetches=3 * MOST_FETCHES, depth=3, time_allowed=TIME)

    async def run(self) -> Crawled:
        known, named = await self.database.read(self._start)
        for url in named:
            await self._announcement(url)
        entry_of = {row.object_id: row for row in known}
        self.todo.extend(entry_of)
        while self.todo:
            some = list(dict.fromkeys(self.todo.popleft() for _ in range(min(_AT_ONCE, len(self.todo)))))
            await asyncio.gather(*(self._visit(address, entry_of.get(ObjectId(address))) for address in some))
        return Crawled(asked=len(self.asked), found=self.found, unread=tuple(self.unread))

    def _start(self, tx: Transaction) -> tuple[list[EntryRow], list[str]]:
        rows = [
            row
            for row in entries.of_issue(tx, self.issue.id)
            if row.state in ("shown", "held", "closed") and not row.ours and row.kind in ("reply", "mention", "quote")
        ]
        return rows, announcements.urls_of(tx, self.issue.id)

    async def _announcement(self, url: str) -> None:
        """The author's own post elsewhere: no comment, but what answers it is one."""
        document = await self._fetch(url)
        if document is None:
            return
        try:
            note = parse_note(document)
        except Malformed as error:
            self.unread.append(f"{url}: {error}")
            return
        blog_id, issue_id = self.context.blog.id, self.issue.id
        await self.database.write(lambda tx: announcements.learn(tx, blog_id, issue_id, url=url, object_id=note.id))
        self.asked.add(note.id)
        await self._answers(note)

    async def _visit(self, address: str, row: EntryRow | None) -> None:
        """Fetch one post: renew the entry it is, or keep it as a new one; then look at what answers it."""
        if address in self.asked or self.context.blog.addresses.is_ours(address):
            return
        document = await self._fetch(address, row)
        if document is None:
            return
        try:
            if (told := activity_named_by_group(document)) is not None:
                self.todo.append(told)
                return
            note = parse_note(document)
            actor = await self.context.sources.actor(note.attributed_to, self.budget)
        except (Malformed, FetchError) as error:
            self.unread.append(f"{address}: {error}")
            return
        self.asked.add(note.id)
        arrivals = await arrivals_of([(note, actor)], self.context, self.budget)
        if not arrivals:
            return
        (arrival,) = arrivals
        if row is not None:
            await self._renew(row, arrival)
        elif not await self._take(arrival):
            return
        await self._answers(note)

    async def _renew(self, row: EntryRow, arrival: Arrival) -> None:
        """An entry we hold was edited meanwhile, and nobody told us."""
        newer = is_edited(row, arrival, self.context.now)
        if newer and row.actor_id == arrival.note.attributed_to:
            await self.database.write(lambda tx: edit(tx, row, arrival, self.context))

    async def _take(self, arrival: Arrival) -> bool:
        """Keep a post if its place is known; else it waits for its parent. Whether it is kept."""

        def take(tx: Transaction) -> bool | None:
            if not may_stand_under(tx, arrival.note, self.context):
                return None
            before = entries.find_by_object(tx, self.context.blog.id, arrival.note.id)
            keep(tx, arrival, self.context)
            return before is None and entries.find_by_object(tx, self.context.blog.id, arrival.note.id) is not None

        kept = await self.database.write(take)
        parent = arrival.note.in_reply_to
        if kept is None:
            if parent is not None:
                self.orphans.setdefault(parent, []).append(arrival)
                self.todo.append(parent)
            return False
        self.found += int(kept)
        for orphan in self.orphans.pop(arrival.note.id, []):
            if await self._take(orphan):
                await self._answers(orphan.note)
        return True

    async def _answers(self, note: Note) -> None:
        """Queue what the post's own server knows as answers to it, and as its whole conversation."""
        places = [place for place in (note.context_history_id, note.context_id) if place is not None]
        if note.replies is not None:
            self.todo.extend(note.replies.items)
            further = note.replies.first or note.replies.next or (None if note.replies.items else note.replies.id)
            places += [further] if further is not None else []
        for place in places:
            await self._collection(place)

    async def _collection(self, address: str) -> None:
        next_page: str | None = address
        for _ in range(MOST_PAGES):
            if next_page is None or next_page in self.asked or self.context.blog.addresses.is_ours(next_page):
                return
            document = await self._fetch(next_page)
            collection = None if document is None else _collection_from(document)
            if collection is None:
                return
            self.todo.extend(collection.items)
            next_page = collection.next or (collection.first if not collection.items else None)
        self.unread.append(f"{address}: more than {MOST_PAGES} pages")

    async def _fetch(self, address: str, row: EntryRow | None = None) -> Document | None:
        """One document within all budgets; None, with the reason noted, when it cannot be had."""
        if address in self.asked:
            return None
        try:
            host = host_of(address)
        except BadUrl:
            return None
        if len(self.asked) >= MOST_FETCHES or self.of_host[host] >= MOST_OF_A_HOST:
            self._note_once(f"{host}: enough was asked there for one crawl")
            return None
        self.asked.add(address)
        self.of_host[host] += 1
        try:
            return await self.context.sources.documents.fetch_document(address, budget=self.budget)
        except (FetchGone, FetchNotFound) as error:
            if row is not None and isinstance(error, FetchGone):
                await self._withdraw(row)
            self.unread.append(str(error))
        except FetchError as error:
            self.unread.append(str(error))
        return None

    async def _withdraw(self, row: EntryRow) -> None:
        """Its own server says that it was deleted."""
        now = self.context.now

        def withdraw(tx: Transaction) -> None:
            empty(tx, row, now)
            tombstones.add(tx, row.object_id, str(row.actor_id), now=now)

        await self.database.write(withdraw)

    def _note_once(self, text: str) -> None:
        if text not in self.unread:
            self.unread.append(text)


def _collection_from(document: Document) -> RemoteCollection | None:
    try:
        return items_of(document)
    except Malformed:
        return None
