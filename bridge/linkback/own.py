"""An issue that links earlier ones -> a quiet entry under each of those; the author can switch it off.

`links` calls it whenever an issue is published, changed or taken back. Such an entry is not a comment: it is never
counted and never announced.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bridge.activity.ids import Blog, new_token
from bridge.linkback.markup import Start, scan
from bridge.linkback.target import issue_at
from bridge.store import changes, entries
from bridge.store.database import Transaction
from bridge.store.issues import IssueRow

#: How the entry came: a link, or a link of the very next issue of the series.
LINKED, CONTINUED = "own", "own-next"

_CONTINUED = {"de": "Fortgesetzt in Nr.", "en": "Continued in No"}


@dataclass(frozen=True, kw_only=True)
class OwnSeries:
    """Brings the entries that one issue makes under others in line with its links."""

    tx: Transaction
    blog: Blog
    now: datetime

    def follow(self, issue: IssueRow, *, wanted: bool) -> None:
        """Make, change and remove entries; none is `wanted` where the issue is taken back or the author wants none."""
        targets = self._targets(issue) if wanted and issue.state == "published" else {}
        there = {row.issue_id: row for row in entries.own_series_of(self.tx, self.blog.id, f"{self._mark(issue)}%")}
        for issue_id in there.keys() | targets.keys():
            row, target = there.get(issue_id), targets.get(issue_id)
            if target is None and row is not None:
                entries.remove(self.tx, row.id)
            elif target is not None:
                values = self._values(issue, target)
                if row is None:
                    entries.add(self.tx, {**self._fixed(issue, target), **values})
                elif any(getattr(row, name) != value for name, value in values.items()):
                    entries.change(self.tx, row.id, {**values, "changed_at": self.now})
                else:
                    continue
            self.tx.touch(changes.issue(issue_id))

    def _targets(self, issue: IssueRow) -> Mapping[int, IssueRow]:
        """The earlier issues that this one links, by their pages or their objects."""
        found: dict[int, IssueRow] = {}
        for element in scan(issue.page_html):
            href = element.attributes.get("href", "") if isinstance(element, Start) and element.name == "a" else ""
            target = issue_at(self.tx, self.blog, href) if href else None
            if target is not None and _is_earlier(target, issue):
                found[target.id] = target
        return found

    def _continued(self) -> str:
        return _CONTINUED.get(self.blog.language.partition("-")[0].lower(), _CONTINUED["en"])

    def _mark(self, issue: IssueRow) -> str:
        """What the object ids of all entries of this issue begin with; they stay when its slug changes."""
        return f"{self.blog.addresses.origin}/#own-{issue.id}-"

    def _fixed(self, issue: IssueRow, target: IssueRow) -> dict[str, Any]:
        return {
            "blog_id": self.blog.id,
            "issue_id": target.id,
            "token": new_token(),
            "kind": "pingback",
            "object_id": f"{self._mark(issue)}{target.id}",
            "actor_id": self.blog.actor_id,
            "pictures": [],
            "visibility": "public",
            "state": "shown",
            "own_series": True,
            "received_at": self.now,
            "changed_at": self.now,
        }

    def _values(self, issue: IssueRow, target: IssueRow) -> dict[str, Any]:
        is_next = issue.number is not None and target.number is not None and issue.number == target.number + 1
        return {
            "url": self.blog.addresses.page(issue.slug),
            "author_name": f"{issue.title} | {self.blog.title}",
            "content_html": f"<p>{self._continued()} {issue.number}</p>" if is_next else "",
            "author_url": self.blog.addresses.page(issue.slug),
            "language": issue.language,
            "published": issue.date,
            "ways": [CONTINUED if is_next else LINKED],
        }


def _is_earlier(target: IssueRow, issue: IssueRow) -> bool:
    if target.id == issue.id or target.state != "published":
        return False
    if target.number is not None and issue.number is not None and target.number != issue.number:
        return target.number < issue.number
    return (target.date, target.id) < (issue.date, issue.id)
