"""A source and a target, by Webmention or Pingback -> a row that waits to be looked at, answered at once.

`web.linkbacks` calls it. Nothing is fetched here, and the answer is the same whatever is at the source, so nobody
learns from it what only we can reach (W3C Webmention 3.2, Pingback 1.0 section 3; security S102, S103, S110).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from bridge.activity.ids import Blog
from bridge.clock import Clock
from bridge.config import Config
from bridge.conversation.linkback import source_key
from bridge.errors import Refusal, TooMany
from bridge.linkback import xml_rpc
from bridge.linkback.gap import gap_of
from bridge.linkback.target import issue_at
from bridge.store import blocks, linkbacks, received
from bridge.store.database import Database, Transaction
from bridge.store.issues import IssueRow
from bridge.store.linkbacks import LinkbackRow, Way
from bridge.store.received import Received
from bridge.urls import BadUrl, Url, host_of, parse_url

#: Pages that may wait for their first look: of one server, and of all.
_MOST_OF_SERVER = 100
_MOST = 5_000
_COME_BACK = timedelta(minutes=10)

#: `new`: it is queued; `known`: this way and page were here before, and it is looked at again.
Taken = Literal["new", "known"]


class NotTaken(Refusal):
    """A request that can never be a linkback. `public` says why, `fault` is its number in Pingback."""

    def __init__(self, sentence: str, *, fault: int = xml_rpc.GENERIC) -> None:
        super().__init__(sentence)
        self.public = sentence
        self.fault = fault


@dataclass(frozen=True, kw_only=True)
class Receiver:
    """Takes what strangers say links to us."""

    blog: Blog
    config: Config
    database: Database
    clock: Clock

    async def take(self, *, source: str, target: str, way: Way) -> Taken:
        """Queue it, and return when that is committed. Raises NotTaken or TooMany."""
        asked = self.check(source, target)
        return await self.database.write(lambda tx: self._queue(tx, asked, target, way))

    def check(self, source: str, target: str) -> Url:
        """The source as an address, if the two can be a linkback at all; asks no table. Raises NotTaken."""
        try:
            asked = parse_url(source, allow_http=True)
        except BadUrl as error:
            raise NotTaken("the source is no http or https address") from error
        try:
            named = parse_url(target, allow_http=True)
        except BadUrl as error:
            raise NotTaken("the target is no http or https address", fault=xml_rpc.NOT_PINGBACKABLE) from error
        if asked.wire == named.wire:
            raise NotTaken("source and target are the same")
        if asked.authority == self.blog.addresses.host:
            raise NotTaken("the source is on this blog itself")
        return asked

    def _issue(self, tx: Transaction, target: str) -> IssueRow:
        """The issue that the target is. Raises NotTaken."""
        found = issue_at(tx, self.blog, target)
        if found is None or found.state == "waiting":
            raise NotTaken("the target is no issue of this blog", fault=xml_rpc.NOT_PINGBACKABLE)
        if found.state != "published":
            raise NotTaken("the target was taken back", fault=xml_rpc.NO_SUCH_TARGET)
        return found

    def _queue(self, tx: Transaction, asked: Url, target: str, way: Way) -> Taken:
        issue = self._issue(tx, target)
        now = self.clock()
        source = asked.text.partition("#")[0]
        row = linkbacks.find(tx, self.blog.id, issue.id, source_key(source))
        blocked = blocks.holding(tx, self.blog.id, source, self.config.federation.blocked)
        record = Received(
            blog_id=self.blog.id,
            seen_key=seen_key(issue.id, source),
            activity_id=None,
            type="Webmention" if way == "webmention" else "Pingback",
            actor_id=f"{asked.origin}/",
            server=host_of(source),
            object_id=source,
            verdict="parked",
            reason="it waits until its page is looked at",
            status=202,
            received_at=now,
            issue_id=issue.id,
            way=way,
        )
        if blocked is not None:
            _record(tx, record._replace(verdict="blocked", reason=f"the author blocks {blocked}"))
            return "new"
        if row is None:
            self._make_room(tx, record)
            self._add(tx, record, target, way)
        _record(tx, record)
        return "new" if row is None else self._again(tx, row, target, way, now)

    def _make_room(self, tx: Transaction, record: Received) -> None:
        if linkbacks.count_waiting(tx, record.server) >= _MOST_OF_SERVER or linkbacks.count_waiting(tx) >= _MOST:
            raise TooMany(f"too many pages wait to be looked at, of {record.server} or of all", retry_after=_COME_BACK)

    def _add(self, tx: Transaction, record: Received, target: str, way: Way) -> None:
        source = str(record.object_id)
        key = source_key(source)
        # The same page may have been looked at for another issue a moment ago.
        due = max(
            (self._earliest(row, record.received_at) for row in linkbacks.of_source(tx, self.blog.id, key)),
            default=record.received_at,
        )
        is_new = linkbacks.add(
            tx,
            {
                "blog_id": self.blog.id,
                "issue_id": record.issue_id,
                "source": source,
                "source_key": key,
                "target": target.partition("#")[0],
                "server": record.server,
                "ways": [way],
                "state": "waiting",
                "first_at": record.received_at,
            },
        )
        added = linkbacks.find(tx, self.blog.id, record.issue_id or 0, key)
        if added is not None and not is_new:
            self._again(tx, added, target, way, record.received_at)
        elif added is not None:
            linkbacks.schedule(tx, added.id, at=due, now=record.received_at)

    def _again(self, tx: Transaction, row: LinkbackRow, target: str, way: Way, now: datetime) -> Taken:
        """Look once more, as soon as that page may be fetched again; one more look, however often it is asked for."""
        is_known = way in row.ways and row.state in ("waiting", "accepted")
        changed = {"target": target.partition("#")[0], "ways": list(dict.fromkeys([*row.ways, way]))}
        if changed != {"target": row.target, "ways": row.ways}:
            linkbacks.change(tx, row.id, changed)
        due = self._earliest(row, now)
        if row.check_at is None or row.check_at > due or row.is_held:
            linkbacks.schedule(tx, row.id, at=due, now=now)
        return "known" if is_known else "new"

    def _earliest(self, row: LinkbackRow, now: datetime) -> datetime:
        if row.fetched_at is None:
            return now
        gap = gap_of(row.source, allow_private=self.config.federation.allow_private_addresses)
        return max(now, row.fetched_at + gap)


def _record(tx: Transaction, record: Received) -> None:
    if not received.add(tx, record):
        received.count_repeat(tx, str(record.seen_key))


def seen_key(issue_id: int, source: str) -> str:
    """What the record of what came in knows a page and an issue by."""
    return f"linkback {issue_id} {source_key(source)}"
