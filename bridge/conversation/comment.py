"""What somebody said about an issue: the types that pages, feeds and `comments.json` are made of.

The inbox, linkbacks and repair make entries, the store keeps them, `thread` orders them (contract section 7).
"""

from __future__ import annotations

import html
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal, NamedTuple

Kind = Literal["reply", "mention", "quote", "pingback", "webmention"]
State = Literal["shown", "held", "private", "hidden", "spam", "deleted", "closed", "blocked"]
Visibility = Literal["public", "unlisted", "followers", "direct"]

#: Clocks of other servers may be this far ahead of ours (S80).
_CLOCK_SLACK = timedelta(minutes=5)
#: An answer may be a little older than what it answers: time zones, an announcement made before the issue.
_EARLY_SLACK = timedelta(days=2)
#: Nothing was said about a page of ours before this.
_FIRST_BLOGS = datetime(1999, 1, 1, tzinfo=UTC)


class Person(NamedTuple):
    """Who said it; a tuple, as a page is made of thousands.

    `name` and `handle` are plain text, `url` is the profile that people read.
    For a pingback `name` is what is after "Pingback: ", so "Title | Blog", and `url` the page.
    `avatar` is an address of ours (`/media/...`) or None: a reader's browser never talks to a third party.
    """

    actor_id: str
    name: str
    handle: str
    url: str
    avatar: str | None = None


@dataclass(frozen=True, kw_only=True)
class Picture:
    """A picture in a comment, served by us."""

    src: str
    alt: str
    width: int | None = None
    height: int | None = None


class Entry(NamedTuple):
    """One thing said, from wherever it came; a tuple, as a page is made of thousands.

    `id` is ours, opaque and permanent; `parent` is the id of another entry, `in_reply_to` the address as it came and
    is used where `parent` is None. `content_html` went through `sanitize.clean`. `own_series` marks a later issue of
    the same blog that links this one. `ways` are the ways it came by: inbox, announce, crawl, webmention ...
    `number` counts entries as they were kept; `is_removed`: deleted, but not by who wrote it.
    """

    id: str
    kind: Kind
    object_id: str
    url: str
    received_at: datetime
    parent: str | None = None
    in_reply_to: str | None = None
    author: Person | None = None
    published: datetime | None = None
    updated: datetime | None = None
    content_html: str = ""
    content_warning: str | None = None
    language: str | None = None
    section: str | None = None
    pictures: tuple[Picture, ...] = ()
    sensitive: bool = False
    state: State = "shown"
    visibility: Visibility = "public"
    own_series: bool = False
    is_author: bool = False
    ways: tuple[str, ...] = ()
    number: int = 0
    is_removed: bool = False


def is_public(entry: Entry) -> bool:
    """Whether strangers may read it: shown, and said to everyone (S45)."""
    return entry.state == "shown" and entry.visibility in ("public", "unlisted")


def order_of(entry: Entry, *, since: datetime | None = None) -> tuple[datetime, datetime, int, str]:
    """What entries beside each other are sorted by: when they were said; in the same second, as they came."""
    return shown_time(entry, since=since), entry.received_at, entry.number, entry.id


def shown_time(entry: Entry, *, since: datetime | None = None) -> datetime:
    """When it was said, or when it arrived if the stated time cannot be true (S80).

    `since` is when the issue appeared; nothing was said about it long before.
    """
    said = entry.published
    if said is None or said.tzinfo is None or said > entry.received_at + _CLOCK_SLACK:
        return entry.received_at
    earliest = _FIRST_BLOGS if since is None else max(_FIRST_BLOGS, since - _EARLY_SLACK)
    return said if said >= earliest else entry.received_at


#: What covers a picture that its author calls sensitive; pages say it in their own language.
COVER = "Sensitive picture"


def body_html(entry: Entry, *, label: str = "", cover: str = COVER) -> str:
    """The text with its pictures; behind a content warning all of it is folded, never shown openly.

    `label` is what the page says before a warning, so that it is known for one; `cover` what is before pictures
    that are to be seen by those only who ask for them.
    """
    pictures = "".join(map(_figure, entry.pictures))
    if pictures and entry.sensitive and not entry.content_warning:
        pictures = f"<details><summary>{html.escape(cover)}</summary>{pictures}</details>"
    body = entry.content_html + pictures
    if not entry.content_warning:
        return body
    warning = html.escape(f"{label} {entry.content_warning}".strip())
    return f"<details><summary>{warning}</summary>{body}</details>"


def _figure(picture: Picture) -> str:
    size = f' width="{picture.width}" height="{picture.height}"' if picture.width and picture.height else ""
    src, alt = html.escape(picture.src), html.escape(picture.alt)
    return f'<figure><a href="{src}"><img src="{src}" alt="{alt}"{size} loading="lazy"></a></figure>'
