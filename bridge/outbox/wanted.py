"""An issue, rendered, and what is out of it -> the objects that should be out, with the ids they keep; pure.

The diff between the two is what followers are told: `publish` asks here, `record` writes it down.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bridge.activity.article import article_from_issue
from bridge.activity.collection import replies
from bridge.activity.ids import Blog, new_token
from bridge.activity.note import full_note_from_issue, note_from_issue
from bridge.activity.outgoing import federated_digest
from bridge.activity.post import Attachment, Place
from bridge.activity.thread import first_note_from_issue, section_notes_from_issue
from bridge.issues.issue import Issue
from bridge.issues.rendered import Rendered
from bridge.issues.sections import match_sections
from bridge.store.published import ObjectRow
from bridge.terms import Document, ObjectId

#: Mastodon puts a post into followers' timelines only while `published` is younger than six hours; an issue dated
#: further back is told with the time of its publishing, and shows its own date on the page.
_STILL_FRESH = timedelta(hours=5)


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """One object as it should be out. `before` is what is out now under the same id."""

    id: ObjectId
    position: int
    section: str | None
    document: Document
    digest: str
    before: ObjectRow | None

    @property
    def is_changed(self) -> bool:
        """Whether followers would see a difference."""
        return self.before is None or self.before.digest != self.digest


def publication_time(issue: Issue, now: datetime) -> datetime:
    """The `published` of a new object."""
    if issue.date is not None and now - _STILL_FRESH <= issue.date <= now:
        return issue.date
    return now


def wanted_objects(
    issue: Issue,
    rendered: Rendered,
    *,
    blog: Blog,
    out: Sequence[ObjectRow],
    pictures: Sequence[Attachment],
    now: datetime,
) -> list[Wanted]:
    """The objects of the issue's format, the first Note first; what is not among them and is out must be deleted."""
    first_out = next((row for row in out if row.kind == "issue"), None)
    posts = 1 + len(rendered.sections) if issue.format == "thread" else 1
    published = _times(issue, posts, now)
    first_place = _place(issue, blog, first_out, now, published=published[0])
    match issue.format:
        case "note":
            document = note_from_issue(issue, rendered, first_place, pictures)
        case "full":
            document = full_note_from_issue(issue, rendered, first_place, pictures)
        case "article":
            document = article_from_issue(issue, rendered, first_place, pictures)
        case "thread":
            document = first_note_from_issue(issue, rendered, first_place, pictures)
    wanted = [_wanted(document, 0, None, first_out)]
    if issue.format == "thread":
        times = published[1:] if first_out is None else None
        wanted += _sections(issue, rendered, blog, out, wanted[0].id, pictures, now, times)
    return wanted


def _sections(
    issue: Issue,
    rendered: Rendered,
    blog: Blog,
    out: Sequence[ObjectRow],
    first: ObjectId,
    pictures: Sequence[Attachment],
    now: datetime,
    times: Sequence[datetime] | None,
) -> list[Wanted]:
    """The replies of a thread. `times` are those of a thread that is new as a whole."""
    known = {row.section or row.id: row for row in out if row.kind == "section"}
    old = [(key, str(row.document.get("content", ""))) for key, row in known.items()]
    new = [(section.key, section.html) for section in rendered.sections]
    matched = match_sections(old, new)
    before = {key: known.get(matched[key]) if key in matched else None for key, _ in new}
    late = [key for key, row in before.items() if row is None]
    if times is None:
        at = dict(zip(late, (now - timedelta(seconds=left) for left in reversed(range(len(late)))), strict=True))
    else:
        at = dict(zip(before, times, strict=True))
    places = {key: _place(issue, blog, row, now, published=at.get(key, now)) for key, row in before.items()}
    documents = section_notes_from_issue(issue, rendered, places, first=first, pictures=pictures)
    return [
        _wanted(document, position, key, before[key]) for position, (key, document) in enumerate(documents.items(), 1)
    ]


def _wanted(document: Document, position: int, section: str | None, before: ObjectRow | None) -> Wanted:
    return Wanted(
        id=ObjectId(document["id"]),
        position=position,
        section=section,
        document=document,
        digest=federated_digest(document),
        before=before,
    )


def _times(issue: Issue, posts: int, now: datetime) -> list[datetime]:
    """The `published` of the posts of a new issue, a second apart, so that servers that sort by time keep their order.

    None lies in the future, so the last one's is the time of publishing at the latest.
    """
    first = min(publication_time(issue, now), now - timedelta(seconds=posts - 1))
    return [first + timedelta(seconds=place) for place in range(posts)]


def _place(issue: Issue, blog: Blog, before: ObjectRow | None, now: datetime, *, published: datetime) -> Place:
    """The id is kept for ever; `updated` is strictly later than the one before (to the second, as it is written)."""
    object_id = blog.addresses.object(new_token()) if before is None else before.id
    updated = None
    if before is not None:
        last = before.updated_at or before.published_at
        updated = max(now, last + timedelta(seconds=1))
    return Place(
        id=object_id,
        actor=blog.actor_id,
        followers=blog.followers,
        page_url=blog.addresses.page(issue.slug),
        published=published if before is None else before.published_at,
        updated=updated,
        replies=f"{object_id}/replies" if before is not None else _no_replies(f"{object_id}/replies"),
        likes=f"{object_id}/likes",
        shares=f"{object_id}/shares",
        context=f"{object_id}/context",
        closed=not issue.comments,
    )


def _no_replies(url: str) -> Document:
    """The first page of a new post's replies, in the post itself, so that no server comes to ask for it at once."""
    return {key: value for key, value in replies(url, 0, []).items() if key != "@context"}
