"""What appears under an issue: replies, mentions, quotes, linkbacks and our own answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa

from bridge.conversation.comment import Kind, State, Visibility
from bridge.store.database import Transaction, WakeUp
from bridge.store.picture_tables import remote_pictures
from bridge.store.prepared import Prepared
from bridge.store.remote_pictures import KIND as PICTURE
from bridge.store.schema import entries
from bridge.terms import ActorId, ObjectId


class EntryRow(NamedTuple):
    """One entry; see `schema.entries`. A page reads thousands, and a frozen dataclass takes ten times as long."""

    id: int
    token: str
    blog_id: int
    issue_id: int
    kind: Kind
    object_id: ObjectId
    url: str
    in_reply_to: str | None
    actor_id: ActorId | None
    author_name: str
    author_handle: str
    author_url: str
    author_avatar: str | None
    content_html: str
    text: str
    content_warning: str | None
    sensitive: bool
    language: str | None
    pictures: list[dict[str, Any]]
    section: str | None
    visibility: Visibility
    state: State
    reason: str
    is_author: bool
    ours: bool
    own_series: bool
    ways: list[str]
    published: datetime | None
    updated: datetime | None
    received_at: datetime
    changed_at: datetime


_COLUMNS = EntryRow._fields
_ROWS = sa.select(*(entries.c[name] for name in _COLUMNS))


def _one(tx: Transaction, *conditions: Any) -> EntryRow | None:
    row = tx.execute(_ROWS.where(*conditions)).first()
    return None if row is None else EntryRow._make(row)


def find(tx: Transaction, entry_id: int) -> EntryRow | None:
    """The entry with this number of ours."""
    return _one(tx, entries.c.id == entry_id)


def find_by_object(tx: Transaction, blog_id: int, object_id: str) -> EntryRow | None:
    """The entry made of this object."""
    return _one(tx, entries.c.blog_id == blog_id, entries.c.object_id == object_id)


def find_by_token(tx: Transaction, blog_id: int, token: str) -> EntryRow | None:
    """The entry with our own opaque id."""
    return _one(tx, entries.c.blog_id == blog_id, entries.c.token == token)


def find_by_url(tx: Transaction, blog_id: int, url: str) -> EntryRow | None:
    """The entry with this human page."""
    return _one(tx, entries.c.blog_id == blog_id, entries.c.url == url)


_BLOG: sa.BindParameter[int] = sa.bindparam("blog")
_OBJECT: sa.BindParameter[str] = sa.bindparam("object")
_URL: sa.BindParameter[str] = sa.bindparam("url")
# Two searches by index; one condition with OR would have SQLite read all entries of the blog.
_SAME = Prepared(
    _ROWS.where(
        entries.c.id.in_(
            sa.union_all(
                sa.select(entries.c.id).where(entries.c.blog_id == _BLOG, entries.c.object_id.in_([_OBJECT, _URL])),
                sa.select(entries.c.id).where(entries.c.blog_id == _BLOG, entries.c.url.in_([_OBJECT, _URL])),
            )
        )
    )
)


def find_same(tx: Transaction, blog_id: int, object_id: str, url: str) -> EntryRow | None:
    """The entry that is this thing: made of the object, else of its page for people, by whatever way it came."""
    rows = _SAME.all(tx, {"blog": blog_id, "object": object_id, "url": url})
    if not rows:
        return None
    return EntryRow._make(next((row for row in rows if row.object_id == object_id), rows[0]))


def of_issue(tx: Transaction, issue_id: int) -> list[EntryRow]:
    """Everything under the issue, in every state, in order of arrival."""
    return [EntryRow._make(row) for row in _OF_ISSUE.all(tx, {"issue": issue_id})]


_OF_ISSUE = Prepared(_ROWS.where(entries.c.issue_id == sa.bindparam("issue")).order_by(entries.c.id))


class Said(NamedTuple):
    """Of an entry that strangers may read: under which issue it stands, and whom a block of it would name."""

    issue_id: int
    actor_id: ActorId | None
    url: str
    ours: bool


def counted_under(tx: Transaction, issue_ids: Sequence[int]) -> list[Said]:
    """What people said under these issues and strangers may read: no placeholders, no later issues of the blog."""
    query = sa.select(*(entries.c[name] for name in Said._fields)).where(
        entries.c.issue_id.in_(issue_ids),
        entries.c.state == "shown",
        entries.c.visibility.in_(["public", "unlisted"]),
        ~entries.c.own_series,
    )
    return [Said._make(row) for row in tx.execute(query)]


def own_series_of(tx: Transaction, blog_id: int, pattern: str) -> list[EntryRow]:
    """The quiet entries of the blog's own issues whose object ids match (LIKE)."""
    mine = (entries.c.blog_id == blog_id, entries.c.own_series, entries.c.object_id.like(pattern))
    return [EntryRow._make(row) for row in tx.execute(_ROWS.where(*mine))]


def in_state(tx: Transaction, blog_id: int, state: str, *, limit: int) -> list[EntryRow]:
    """The entries of the blog in this state that came last, newest first."""
    query = _ROWS.where(entries.c.blog_id == blog_id, entries.c.state == state)
    newest = query.order_by(entries.c.received_at.desc(), entries.c.id.desc()).limit(limit)
    return [EntryRow._make(row) for row in tx.execute(newest)]


def of_actor(tx: Transaction, blog_id: int, actor_id: str) -> list[EntryRow]:
    """All entries of one person."""
    query = _ROWS.where(entries.c.blog_id == blog_id, entries.c.actor_id == actor_id)
    return [EntryRow._make(row) for row in tx.execute(query.order_by(entries.c.id))]


def author_named(tx: Transaction, blog_id: int, address: str) -> ActorId | None:
    """Who said something here and has this id, or this page."""
    named = sa.or_(entries.c.actor_id == address, entries.c.author_url == address)
    query = sa.select(entries.c.actor_id).where(entries.c.blog_id == blog_id, entries.c.actor_id.is_not(None), named)
    return tx.execute(query.where(~entries.c.ours).limit(1)).scalar()


def add(tx: Transaction, values: Mapping[str, Any], *, has_face: bool | None = None) -> int:
    """A new entry; returns its number. Its pictures are fetched if it is shown.

    `has_face` is whether its author's picture was asked for before; None: it is looked up.
    """
    number = _INSERT.number(tx, values)
    if values["state"] == "shown" and not values.get("ours"):
        face_is_new = _face_is_new(tx, values) if has_face is None else not has_face
        if values.get("pictures") or face_is_new:
            _look_at_pictures(tx, number)
    return number


def _face_is_new(tx: Transaction, values: Mapping[str, Any]) -> bool:
    """Whether the author has a face that was never asked for; one that was is here, or asked for again by its job."""
    if not values.get("author_avatar"):
        return False
    known = {"blog": values["blog_id"], "actor": values["actor_id"], "url": values["author_avatar"]}
    return _FACE.first(tx, known) is None


_FACE = Prepared(
    sa.select(remote_pictures.c.token).where(
        remote_pictures.c.blog_id == _BLOG,
        remote_pictures.c.actor_id == sa.bindparam("actor"),
        remote_pictures.c.entry_id == 0,
        remote_pictures.c.url == _URL,
    )
)
_INSERT = Prepared(sa.insert(entries), *(name for name in _COLUMNS if name != "id"))


def change(tx: Transaction, entry_id: int, values: Mapping[str, Any]) -> None:
    """Change columns of an entry."""
    tx.execute(sa.update(entries).where(entries.c.id == entry_id).values(**values))
    if not _FOR_PICTURES.isdisjoint(values):
        _look_at_pictures(tx, entry_id)


#: What a change of brings or removes pictures.
_FOR_PICTURES = frozenset({"state", "visibility", "pictures", "author_avatar", "actor_id"})


def _look_at_pictures(tx: Transaction, entry_id: int) -> None:
    tx.wake(WakeUp(kind=PICTURE, key=f"entry {entry_id}"))


def empty(tx: Transaction, entry_id: int, *, reason: str, now: datetime) -> None:
    """Take everything out of an entry but its place, which the answers below it need."""
    nothing = dict.fromkeys(("content_html", "text", "author_name", "author_handle", "author_url"), "")
    nobody = dict.fromkeys(("content_warning", "language", "author_avatar"))
    change(tx, entry_id, {**nothing, **nobody, "pictures": [], "state": "deleted", "reason": reason, "changed_at": now})


def remove(tx: Transaction, entry_id: int) -> None:
    """Remove an entry without a trace; only for what nobody answered."""
    tx.execute(sa.delete(entries).where(entries.c.id == entry_id))
    _look_at_pictures(tx, entry_id)


def has_answers(tx: Transaction, blog_id: int, object_id: str) -> bool:
    """Whether an entry answers this object."""
    query = sa.select(entries.c.id).where(entries.c.blog_id == blog_id, entries.c.in_reply_to == object_id)
    return tx.execute(query.limit(1)).first() is not None


_SHOWN_BEFORE = (
    sa.select(entries.c.id)
    .where(entries.c.blog_id == _BLOG, entries.c.actor_id == sa.bindparam("actor"), entries.c.state == "shown")
    .limit(1)
)


def approved_before(tx: Transaction, blog_id: int, actor_id: str) -> bool:
    """Whether an entry of this person was ever shown."""
    return tx.execute(_SHOWN_BEFORE, {"blog": blog_id, "actor": actor_id}).first() is not None
