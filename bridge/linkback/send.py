"""Links of our issues -> Webmentions and Pingbacks to the pages they lead to; the job `linkback-send`.

Each row is discovered again, told by the way the page names (Webmention before Pingback), tried again while its server
is silent, and looked at later: does the page show us? (W3C Webmention 3.1, Pingback 1.0; security S106, S107, S111.)
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode, urljoin

from bridge.activity.ids import Blog
from bridge.clock import Clock
from bridge.errors import FetchError, FetchFailed, FetchGone, FetchNotFound
from bridge.linkback import xml_rpc
from bridge.linkback.discover import Endpoints, endpoints_of
from bridge.linkback.source_page import decoded, read_page
from bridge.linkback.work import work_off
from bridge.remote.budget import Budget, BudgetSpent
from bridge.remote.door import Answer, Door
from bridge.remote.hops import Hops, Wanted
from bridge.store import issues, linkback_sends
from bridge.store.database import Database, Transaction
from bridge.store.linkback_sends import SendRow, State
from bridge.terms import Server

_LEASE = timedelta(minutes=2)
_PAGE = Wanted(
    accept="text/html, application/xhtml+xml, */*;q=0.5", cap_bytes=1024 * 1024, hops=5, cut=True, plain_http=True
)
_HTML = ("text/html", "application/xhtml+xml")
_FORM = "application/x-www-form-urlencoded"
_ANSWER_BYTES = 64 * 1024
_TIME = timedelta(seconds=40)
_RETRIES = (timedelta(minutes=5), timedelta(hours=1), timedelta(hours=6), timedelta(days=1))
#: When we look whether a page that took it shows it.
_LOOKS = (timedelta(seconds=30), timedelta(hours=1), timedelta(days=1))
#: How often one page is told of one issue in a day: two programs that answer each other end here (S111).
_MOST_A_DAY = 8
_DAY = timedelta(days=1)
#: What a try leaves behind even when the issue was changed while it went on.
_COUNTED = ("was_told", "told_that_day", "day_began_at")


@dataclass(frozen=True, kw_only=True)
class _Told:
    """What came of one try. `again` says that a later one may end better."""

    state: State
    reason: str
    way: str = ""
    endpoint: str = ""
    again: bool = False


@dataclass(frozen=True, kw_only=True)
class LinkbackSender:
    """The handler of the job."""

    blog: Blog
    database: Database
    hops: Hops
    door: Door
    clock: Clock

    async def __call__(self, _key: str) -> timedelta | None:
        """Tell everybody who is due."""
        await work_off(self._claim, self._one)
        return None

    async def _claim(self, limit: int, busy: Collection[Server]) -> Sequence[SendRow]:
        now = self.clock()
        return await self.database.write(
            lambda tx: linkback_sends.claim(tx, now=now, lease=_LEASE, limit=limit, busy=busy)
        )

    async def _one(self, row: SendRow) -> None:
        source = await self.database.read(lambda tx: self._source(tx, row))
        if row.state in ("accepted", "shown") and row.is_linked:
            is_there = await self._is_shown(row, source)
            await self.database.write(lambda tx: self._keep_look(tx, row, is_there=is_there))
            return
        told_today = row.told_that_day if self.clock() - row.day_began_at < _DAY else 0
        if told_today >= _MOST_A_DAY:
            await self.database.write(lambda tx: self._wait_for_tomorrow(tx, row))
            return
        told = await self._tell(row, source)
        await self.database.write(lambda tx: self._keep(tx, row, told, told_today))

    def _source(self, tx: Transaction, row: SendRow) -> str:
        issue = issues.find(tx, row.issue_id)
        return self.blog.addresses.page(issue.slug) if issue is not None else self.blog.url

    async def _tell(self, row: SendRow, source: str) -> _Told:
        budget = Budget(fetches=6, time_allowed=_TIME)
        try:
            found = await self._discover(row.target, budget)
        except (FetchFailed, BudgetSpent) as error:
            return _Told(state="failed", reason=str(error), again=True)
        except FetchError as error:
            return _Told(state="failed", reason=str(error))
        if found.webmention is None and found.pingback is None:
            return _Told(state="none", reason="the page names no place for webmentions or pingbacks")
        told = None
        if found.webmention is not None:
            told = await self._webmention(found.webmention, source, row.target)
        if found.pingback is not None and (told is None or (told.state == "failed" and not told.again)):
            # Where the one is broken for good, the other may work.
            told = await self._pingback(found.pingback, source, row.target)
        return told or _Told(state="none", reason="the page names no place for webmentions or pingbacks")

    async def _discover(self, target: str, budget: Budget) -> Endpoints:
        answer = await self.hops.fetch(target, _PAGE, budget=budget)
        media_type = answer.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        page = decoded(answer.body, None) if media_type in _HTML else None
        return await asyncio.to_thread(
            endpoints_of,
            url=answer.url,
            link_headers=answer.headers.getall("Link", []),
            pingback_headers=answer.headers.getall("X-Pingback", []),
            page=page,
        )

    async def _webmention(self, endpoint: str, source: str, target: str) -> _Told:
        body = urlencode({"source": source, "target": target}).encode()
        answer = await self._post(endpoint, body, _FORM, "webmention")
        if isinstance(answer, _Told):
            return answer
        if 200 <= answer.status < 300:
            return _Told(state="accepted", reason=f"answered {answer.status}", way="webmention", endpoint=endpoint)
        return _refused(answer, "webmention", endpoint)

    async def _pingback(self, endpoint: str, source: str, target: str) -> _Told:
        body = xml_rpc.written_call(xml_rpc.Call(source=source, target=target))
        answer = await self._post(endpoint, body, "text/xml", "pingback")
        if isinstance(answer, _Told):
            return answer
        if answer.status != 200:
            return _refused(answer, "pingback", endpoint)
        try:
            said = await asyncio.to_thread(xml_rpc.read_answer, answer.body)
        except xml_rpc.Fault as fault:
            if fault.code == xml_rpc.ALREADY_THERE:
                return _Told(state="accepted", reason="knew it already", way="pingback", endpoint=endpoint)
            return _Told(state="failed", reason=f"fault {fault.code}: {fault}", way="pingback", endpoint=endpoint)
        return _Told(state="accepted", reason=f"answered {said[:200]!r}", way="pingback", endpoint=endpoint)

    async def _post(self, endpoint: str, body: bytes, content_type: str, way: str) -> Answer | _Told:
        """The answer of an endpoint, judged like every address; one redirect that keeps the method is followed."""
        try:
            here = self.hops.judge(endpoint, plain_http=True).wire
            for _ in range(2):
                answer = await self.door.request(
                    "POST",
                    here,
                    headers={"Content-Type": content_type, "Accept": "*/*"},
                    body=body,
                    cap_bytes=_ANSWER_BYTES,
                    cut=True,
                    plain_http=True,
                )
                if answer.status not in (307, 308):
                    break
                here = self.hops.judge(urljoin(here, answer.headers.get("Location", "")), plain_http=True).wire
        except FetchFailed as error:
            return _Told(state="failed", reason=str(error), way=way, endpoint=endpoint, again=True)
        except (FetchError, ValueError) as error:
            return _Told(state="failed", reason=f"not sent: {error}", way=way, endpoint=endpoint)
        return answer

    async def _is_shown(self, row: SendRow, source: str) -> bool | None:
        """Whether the page links to us; None when it cannot be seen now."""
        try:
            answer = await self.hops.fetch(row.target, _PAGE, budget=Budget(fetches=6, time_allowed=_TIME))
        except (FetchNotFound, FetchGone):
            return False
        except FetchError:
            return None
        seen = await asyncio.to_thread(
            read_page, answer.body, media_type="text/html", url=answer.url, charset=None, targets=[source]
        )
        return source in seen.excerpts

    def _keep(self, tx: Transaction, row: SendRow, told: _Told, told_today: int) -> None:
        """Record a try, and plan what comes next."""
        now = self.clock()
        if not row.is_linked and not told.again:
            linkback_sends.remove(tx, row.id)
            return
        values: dict[str, Any] = {
            "state": told.state,
            "reason": told.reason[:500],
            "way": told.way,
            "endpoint": told.endpoint,
            "attempts": row.attempts + 1,
            "was_told": row.was_told or told.state == "accepted",
            "told_that_day": told_today + 1,
            "day_began_at": row.day_began_at if told_today else now,
            "changed_at": now,
        }
        due = None
        if told.state == "accepted":
            due = now + _LOOKS[0]
        elif told.again and row.attempts < len(_RETRIES):
            due = now + _RETRIES[row.attempts]
        elif not row.is_linked:
            linkback_sends.remove(tx, row.id)
            return
        self._plan(tx, row, values, due)

    def _keep_look(self, tx: Transaction, row: SendRow, *, is_there: bool | None) -> None:
        now = self.clock()
        looks = row.looks + 1
        values: dict[str, Any] = {"looks": looks}
        if is_there is not None and is_there != (row.state == "shown"):
            values |= {"state": "shown" if is_there else "accepted", "changed_at": now}
        self._plan(tx, row, values, now + _LOOKS[looks] if looks < len(_LOOKS) else None)

    def _wait_for_tomorrow(self, tx: Transaction, row: SendRow) -> None:
        reason = f"told {row.told_that_day} times today already; the newest text goes out tomorrow"
        self._plan(tx, row, {"reason": reason}, row.day_began_at + _DAY)

    def _plan(self, tx: Transaction, row: SendRow, values: dict[str, Any], due: datetime | None) -> None:
        """Write it, unless the issue was changed meanwhile: then it is due again already."""
        now = self.clock()
        current = next((one for one in linkback_sends.of_issue(tx, row.issue_id) if one.id == row.id), None)
        if current is None:
            return
        if (current.digest, current.is_linked) != (row.digest, row.is_linked):
            counted: dict[str, Any] = {name: values[name] for name in _COUNTED if name in values}
            if counted:
                linkback_sends.change(tx, row.id, counted)
            return
        linkback_sends.change(tx, row.id, {**values, "due_at": due})
        if due is not None:
            linkback_sends.wake_sender(tx, at=due, now=now)


def _refused(answer: Answer, way: str, endpoint: str) -> _Told:
    """An endpoint that did not take it. 5xx and 429 may mean later, all else means no."""
    return _Told(
        state="failed",
        reason=f"the endpoint answered {answer.status}",
        way=way,
        endpoint=endpoint,
        again=answer.status >= 500 or answer.status == 429,
    )
