"""Steps -> rows, objects, activities and deliveries, in the one transaction that publishes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from bridge.activity.ids import Blog, new_token
from bridge.activity.outgoing import create_of, delete_of, update_of
from bridge.issues.issue import Issue
from bridge.issues.source import IssueFile
from bridge.outbox import audience, contents, stamps
from bridge.outbox.plan import Step
from bridge.outbox.prepare import Prepared
from bridge.outbox.wanted import Wanted, wanted_objects
from bridge.store import (
    actors,
    announcements,
    changes,
    crawls,
    deliveries,
    issues,
    linkback_sends,
    pictures,
    published,
    quote_stamps,
)
from bridge.store.database import Transaction, WakeUp
from bridge.store.issues import Outline
from bridge.store.published import NewActivity, ObjectRow
from bridge.terms import Document, InboxUrl

#: When the conversation of a new issue is first looked for on other servers; `repair` knows the later times.
FIRST_CRAWL = timedelta(hours=1)


@dataclass(frozen=True, kw_only=True)
class Recorder:
    """Writes steps. `close_after` is how long comments stay open; None: for ever."""

    tx: Transaction
    blog: Blog
    close_after: timedelta | None
    now: datetime

    def apply(self, step: Step) -> int:
        """Carry out one step; returns how many deliveries it made."""
        if step.action == "refuse":
            return 0
        if step.action == "delete":
            return 0 if step.row is None else self.take_back(step.row, state="deleted")
        prepared = step.prepared
        if prepared is None:
            raise ValueError(f"{step.path}: a step that publishes needs the issue")
        if step.action == "move" and step.row is not None:
            self.settle(step.row, prepared.file, prepared.issue)
            return 0
        issue_id = self._keep_row(step, prepared)
        pictures.show(self.tx, issue_id, prepared.tokens)
        announcements.settle(self.tx, self.blog.id, issue_id, prepared.issue.syndication)
        if step.action == "create":
            self.tx.wake(WakeUp(kind=crawls.CRAWL, key=str(issue_id), due_in=FIRST_CRAWL.total_seconds()))
        self.tx.touch(changes.issue(issue_id))
        self.tx.touch(changes.BLOG)
        if step.action == "wait":
            return 0
        linkback_sends.wake(self.tx, issue_id)
        if step.silent:
            # What is out already is taken back when its file says `federate: false` now.
            return self._take_back_objects(issue_id)
        return self._federate(issue_id, prepared)

    def settle(self, row: Outline, file: IssueFile, issue: Issue) -> None:
        """Note where the issue's file lies and what marks it now; nothing that anybody is shown changes."""
        source = {**row.source, contents.KEY: issue.digest}
        issues.change(self.tx, row.id, {"path": file.path, "digest": file.fingerprint, "source": source})

    def take_back(self, row: Outline, *, state: Literal["deleted", "withdrawn"]) -> int:
        """Delete the issue's objects everywhere; the page answers 410 and the ids are never used again."""
        self.tx.touch(changes.issue(row.id))
        self.tx.touch(changes.BLOG)
        if row.published_at is None and state == "deleted":
            issues.remove(self.tx, row.id)
            return 0
        made = sum(self._delete(out) for out in published.of_issue(self.tx, row.id))
        issues.change(self.tx, row.id, {"state": state, "changed_at": self.now})
        linkback_sends.wake(self.tx, row.id)
        return made

    def _take_back_objects(self, issue_id: int) -> int:
        made = sum(self._delete(row) for row in published.of_issue(self.tx, issue_id))
        issues.change(self.tx, issue_id, {"object_id": None})
        return made

    def _keep_row(self, step: Step, prepared: Prepared) -> int:
        row = step.row
        values = self._values(step, prepared)
        if row is None:
            return issues.add(self.tx, {**values, "blog_id": self.blog.id})
        if row.slug != prepared.issue.slug:
            issues.free_slug(self.tx, self.blog.id, prepared.issue.slug)
            issues.add_redirect(self.tx, self.blog.id, old=row.slug, issue_id=row.id, new=prepared.issue.slug)
        issues.change(self.tx, row.id, values)
        return row.id

    def _values(self, step: Step, prepared: Prepared) -> dict[str, Any]:
        issue, rendered, row = prepared.issue, prepared.rendered, step.row
        waits = step.action == "wait"
        first_out = row.published_at if row is not None else None
        date = issue.date or first_out or self.now
        close_at = issue.comments_until
        if close_at is None and self.close_after is not None:
            # An issue that comes out long after its date can be answered all the same; an import of old ones cannot.
            close_at = (date if step.silent else max(date, first_out or self.now)) + self.close_after
        return {
            "slug": issue.slug,
            "path": issue.path,
            "state": "waiting" if waits else "published",
            "digest": prepared.file.fingerprint,
            "source": _source(prepared),
            "title": issue.title,
            "number": issue.number,
            "language": issue.language,
            "visibility": issue.visibility,
            "page_html": rendered.page_html,
            "teaser_html": rendered.teaser_html,
            "teaser_text": rendered.summary,
            "tags": [tag.name for tag in rendered.hashtags],
            "links": list(rendered.links),
            "date": date,
            "published_at": first_out if waits else first_out or self.now,
            "updated_at": issue.updated or self._text_changed_at(step, prepared),
            "comments_close_at": close_at,
            "comments_open": _comments_open(issue, row),
            "changed_at": self.now,
        }

    def _text_changed_at(self, step: Step, prepared: Prepared) -> datetime | None:
        """When readers of the page last saw another text; None while it is the first."""
        before = None if step.row is None or step.action != "change" else issues.find(self.tx, step.row.id)
        if before is None:
            return None
        same = before.page_html == prepared.rendered.page_html and before.title == prepared.issue.title
        return before.updated_at if same else self.now

    def _federate(self, issue_id: int, prepared: Prepared) -> int:
        out = published.of_issue(self.tx, issue_id)
        wanted = wanted_objects(
            prepared.issue, prepared.rendered, blog=self.blog, out=out, pictures=prepared.pictures, now=self.now
        )
        made = 0
        for one in wanted:
            made += self._bring_out(issue_id, one, prepared)
        for row in {row.id: row for row in out}.keys() - {one.id for one in wanted}:
            made += self._delete(next(gone for gone in out if gone.id == row))
        issues.change(self.tx, issue_id, {"object_id": wanted[0].id})
        return made

    def _bring_out(self, issue_id: int, one: Wanted, prepared: Prepared) -> int:
        if one.before is not None and not one.is_changed:
            if one.position != one.before.position:
                published.change(self.tx, one.id, {"position": one.position})
            return 0
        activity_id = self.blog.addresses.activity(new_token())
        if one.before is None:
            kind, activity = "Create", create_of(one.document, activity_id)
            published.add(self.tx, self._row(issue_id, one))
        else:
            kind, activity = "Update", update_of(one.document, activity_id)
            published.change(
                self.tx,
                one.id,
                {"document": one.document, "digest": one.digest, "position": one.position, "section": one.section,
                 "updated_at": _moment(one.document["updated"])},
            )  # fmt: skip
        inboxes = self._inboxes_of(prepared, one.document)
        if one.before is None:
            inboxes = audience.followers_and(self.tx, self.blog.id, inboxes)
        else:
            inboxes += audience.whoever_has(self.tx, one.before)
        new = NewActivity(
            id=activity_id,
            blog_id=self.blog.id,
            type=kind,
            body=self.blog.seal(activity),
            issue_id=issue_id,
            object_id=one.id,
            public=True,
        )
        return audience.deliver(self.tx, new, inboxes, now=self.now)

    def _row(self, issue_id: int, one: Wanted) -> ObjectRow:
        return ObjectRow(
            id=one.id,
            blog_id=self.blog.id,
            issue_id=issue_id,
            kind="issue" if one.position == 0 else "section",
            position=one.position,
            section=one.section,
            document=one.document,
            digest=one.digest,
            published_at=_moment(one.document["published"]),
            updated_at=None,
            deleted_at=None,
        )

    def _inboxes_of(self, prepared: Prepared, document: Document) -> list[InboxUrl]:
        """The inboxes of people whom this object mentions."""
        addressed = set(document["to"]) | set(document["cc"])
        named = (mention.actor_id for mention in prepared.rendered.mentions)
        return actors.inboxes_of(self.tx, (actor_id for actor_id in named if actor_id in addressed))

    def _delete(self, row: ObjectRow) -> int:
        activity_id = self.blog.addresses.activity(new_token())
        body = self.blog.seal(delete_of(row.document, activity_id, deleted=self.now))
        # A server whose delivery is on its way at this moment looks like one that never got it: all are told.
        deliveries.drop_waiting(self.tx, row.id, now=self.now, reason="deleted before it was sent")
        published.delete(self.tx, row.id, now=self.now)
        stamps.revoke(self.tx, self.blog, quote_stamps.of_object(self.tx, row.id), now=self.now)
        new = NewActivity(
            id=activity_id, blog_id=self.blog.id, type="Delete", body=body, issue_id=row.issue_id, object_id=row.id
        )
        return audience.deliver(self.tx, new, audience.whoever_has(self.tx, row), now=self.now)


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _comments_open(issue: Issue, row: Outline | None) -> bool | None:
    """The file's `comments: false`, else what the author said by command, else None: the date decides."""
    if not issue.comments:
        return False
    return None if row is None or row.source.get("comments") is False else row.comments_open


def _source(prepared: Prepared) -> Mapping[str, Any]:
    """What later stages ask of the front matter."""
    issue, cover = prepared.issue, prepared.cover
    return {
        "format": issue.format,
        "content_warning": issue.content_warning,
        "cover": issue.cover,
        "cover_alt": issue.cover_alt,
        "cover_picture": None if cover is None else {**asdict(cover), "srcset": cover.srcset},
        "quotes": issue.quotes,
        "canonical_url": issue.canonical_url,
        "syndication": list(issue.syndication),
        "linkbacks": issue.linkbacks,
        "federate": issue.federate,
        "comments": issue.comments,
        "tags": list(issue.tags),
        contents.KEY: issue.digest,
    }
