"""An issue was published, changed or taken back -> rows for the sites to notify, and the blog's own quiet entries.

The job `linkbacks`, woken by the transaction that publishes (`store.linkback_sends.wake`). It only writes rows; `send`
does what they say.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from bridge.activity.ids import Blog
from bridge.clock import Clock
from bridge.config import Config
from bridge.linkback.own import OwnSeries
from bridge.store import issues, linkback_sends
from bridge.store.database import Database, Transaction
from bridge.store.issues import IssueRow
from bridge.store.linkback_sends import SendRow
from bridge.terms import Server
from bridge.urls import BadUrl, parse_url

#: Links of one issue that are told; nobody reads a letter with more.
_MOST_LINKS = 500


@dataclass(frozen=True, kw_only=True)
class IssueLinks:
    """The handler of the job; its key is the issue's number."""

    blog: Blog
    config: Config
    database: Database
    clock: Clock

    async def __call__(self, key: str) -> timedelta | None:
        """Bring the rows of one issue in line with its text."""
        await self.database.write(lambda tx: self._follow(tx, int(key)))
        return None

    def _follow(self, tx: Transaction, issue_id: int) -> None:
        issue = issues.find(tx, issue_id)
        if issue is None or issue.state == "waiting":
            return
        now = self.clock()
        settings = self.config.linkbacks
        # Whatever the issue's own setting: its readers follow the series by it, and nobody else is told.
        OwnSeries(tx=tx, blog=self.blog, now=now).follow(issue, wanted=settings.own)
        if settings.send and issue.source.get("linkbacks", True) is not False:
            self._sync(tx, issue, _targets(issue.links, self.blog) if issue.state == "published" else {}, now)
        else:
            for row in linkback_sends.of_issue(tx, issue.id):
                linkback_sends.remove(tx, row.id)

    def _sync(self, tx: Transaction, issue: IssueRow, links: dict[str, Server], now: datetime) -> None:
        known = {row.target: row for row in linkback_sends.of_issue(tx, issue.id)}
        digest = f"{issue.state} {issue.digest}"
        linkback_sends.add(
            tx,
            [
                {
                    "blog_id": self.blog.id,
                    "issue_id": issue.id,
                    "target": target,
                    "server": server,
                    "is_linked": True,
                    "digest": digest,
                    "state": "waiting",
                    "day_began_at": now,
                    "due_at": now,
                    "changed_at": now,
                }
                for target, server in links.items()
                if target not in known
            ],
        )
        for row in known.values():
            self._renew(tx, row, is_linked=row.target in links, digest=digest, now=now)
        if links or known:
            linkback_sends.wake_sender(tx, at=now, now=now)

    def _renew(self, tx: Transaction, row: SendRow, *, is_linked: bool, digest: str, now: datetime) -> None:
        """Tell again what changed, and of a link that is gone once more those who took it."""
        if is_linked == row.is_linked and (digest == row.digest or not is_linked):
            return
        if not is_linked and not row.was_told:
            linkback_sends.remove(tx, row.id)
            return
        again = {"state": "waiting", "attempts": 0, "looks": 0, "due_at": now, "changed_at": now}
        linkback_sends.change(tx, row.id, {**again, "is_linked": is_linked, "digest": digest})


def _targets(links: Iterable[str], blog: Blog) -> dict[str, Server]:
    """The links as they stand in the text, without what is said twice or is ours; a fragment stays part of one."""
    found: dict[str, Server] = {}
    for link in links:
        try:
            url = parse_url(link, allow_http=True)
        except BadUrl:
            continue
        if url.authority != blog.addresses.host and len(found) < _MOST_LINKS:
            found.setdefault(link, Server(url.authority))
    return found
