"""A conversation -> rows that a template writes down one after the other, faces and counts.

`view.render_issue` calls it. The tree becomes a flat list with the tags between its rows, because a template that
calls itself would end at Python's recursion limit and a browser at 512 levels.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import quote
from zlib import crc32

from markupsafe import Markup

from bridge.conversation.comment import COVER, Entry, Person, body_html, is_public, shown_time
from bridge.conversation.reaction import Reaction, Tally
from bridge.conversation.thread import Placed, count, thread, walk
from bridge.conversation.weblink import web_only
from bridge.web.words import Words

#: Lists nest this deep; answers further down stand beside each other and name whom they answer.
DEEPEST_LIST = 6
#: From here an answer names whom it answers, because indentation alone no longer shows it on a phone.
_NAMES_FROM = 3
#: Faces of one kind before the rest is a number.
_MOST_FACES = 20
#: In a conversation longer than this, branches below an answer are folded if they have as many entries as said.
_LONG_TALK = 60
_FOLDED_BRANCH = 5
_FOLDED_AT = 1
_TINTS = 6
_NEEDS_NO_QUOTING = re.compile(r"[A-Za-z0-9:/.@~_-]+")


@dataclass(frozen=True, kw_only=True, slots=True)
class Face:
    """A person in a row of faces: a picture of ours, or an initial on one of six tints."""

    name: str
    handle: str
    url: str
    avatar: str | None
    initial: str
    tint: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Faces:
    """Everybody who did one thing: the first of them, and how many more."""

    count: int
    first: tuple[Face, ...]
    more: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """One entry. `after` is the markup between it and the next one: lists that open, lists and items that close."""

    id: Markup
    entry: Entry
    url: str
    face: Face
    shape: str  #: comment, link (pingbacks and linkbacks without words) or deleted
    time: str
    iso: str
    body: Markup
    reply_uri: str
    language: str | None
    answers: Face | None
    answers_id: str | None
    after: Markup


@dataclass(frozen=True, kw_only=True)
class Talk:
    """What appears below an issue."""

    count: int
    rows: tuple[Row, ...]
    likes: Faces
    boosts: Faces
    quotes: Faces


def talk(entries: Sequence[Entry], tally: Tally, *, words: Words, language: str, since: datetime) -> Talk:
    """Everything that strangers may read of a conversation, ready to be written."""
    placed = list(walk(thread(entries, since=since)))
    quotes = [each.entry.author for each in placed if each.entry.kind == "quote" and each.entry.author]
    return Talk(
        count=count(entries),
        rows=tuple(_rows(placed, words, language, since)),
        likes=_reacted(tally.likes),
        boosts=_reacted(tally.boosts),
        quotes=_faces(quotes),
    )


def face_of(person: Person | None) -> Face:
    """How a person is shown; the tint depends on who it is and never changes."""
    if person is None:
        return Face(name="", handle="", url="", avatar=None, initial="·", tint=1)
    name = person.name or person.handle.lstrip("@").partition("@")[0] or person.handle or person.actor_id
    initial = next((letter.upper() for letter in name if letter.isalnum()), "·")[:1]
    return Face(
        name=name,
        handle=person.handle,
        url=web_only(person.url) or web_only(person.actor_id),
        avatar=person.avatar,
        initial=initial,
        tint=crc32(person.actor_id.encode("utf-8", "replace")) % _TINTS + 1,
    )


def _in_query(address: str) -> str:
    """The address as a value in a query. Most stay as they are (RFC 3986 3.4), which is ten times as fast."""
    return address if _NEEDS_NO_QUOTING.fullmatch(address) else quote(address, safe="")


def _faces(people: Iterable[Person]) -> Faces:
    once = list({person.actor_id: person for person in people}.values())
    first = tuple(map(face_of, once[:_MOST_FACES]))
    return Faces(count=len(once), first=first, more=len(once) - len(first))


def _reacted(reactions: Sequence[Reaction]) -> Faces:
    """Everybody counts; whoever asks to be kept off the page is not shown."""
    shown = _faces(each.person for each in reactions if not each.is_shy)
    hidden = sum(each.is_shy for each in reactions)
    return replace(shown, count=shown.count + hidden, more=shown.more + hidden)


def _rows(placed: Sequence[Placed], words: Words, language: str, since: datetime) -> Iterable[Row]:
    below = _below(placed)
    fold = count(each.entry for each in placed) > _LONG_TALK
    folded = [False] * (DEEPEST_LIST + 1)
    primary = language.partition("-")[0].lower()
    label, cover = words.say("Content warning:"), words.say(COVER)
    for index, each in enumerate(placed):
        depth = min(each.depth, DEEPEST_LIST)
        follower = min(placed[index + 1].depth, DEEPEST_LIST) if index + 1 < len(placed) else -1
        if follower > depth:
            folded[depth] = fold and depth == _FOLDED_AT and below[index] >= _FOLDED_BRANCH
            after = _opening(below[index], words) if folded[depth] else "<ol>"
        else:
            after = "</li>" + "".join(
                "</ol></details></li>" if folded[level] else "</ol></li>"
                for level in range(depth - 1, max(follower, 0) - 1, -1)
            )
        yield _row(each, words, (label, cover), primary, since, after)


def _row(placed: Placed, words: Words, warnings: tuple[str, str], primary: str, since: datetime, after: str) -> Row:
    entry = placed.entry
    label, cover = warnings
    said = shown_time(entry, since=since)
    spoken = (entry.language or "").partition("-")[0].lower()
    names_parent = placed.parent is not None and placed.depth > _NAMES_FROM and is_public(placed.parent)
    return Row(
        id=Markup.escape(entry.id),
        entry=entry,
        url=web_only(entry.url) or web_only(entry.object_id),
        face=face_of(entry.author),
        shape=_shape(entry),
        time=words.date_time(said),
        iso=words.iso(said),
        body=Markup(body_html(entry, label=label, cover=cover)) if entry.state == "shown" else Markup(),
        reply_uri=_in_query(entry.object_id),
        language=entry.language if spoken and spoken != primary else None,
        answers=face_of(placed.parent.author) if names_parent and placed.parent else None,
        answers_id=placed.parent.id if names_parent and placed.parent else None,
        after=Markup(after),
    )


def _shape(entry: Entry) -> str:
    if entry.state == "deleted":
        return "deleted"
    is_link = entry.kind == "pingback" or entry.own_series or (entry.kind == "webmention" and not entry.content_html)
    return "link" if is_link else "comment"


def _opening(below: int, words: Words) -> str:
    label = html.escape(words.count("One more answer", "%(count)s more answers", below))
    return f'<details class="more"><summary>{label}</summary><ol>'


def _below(placed: Sequence[Placed]) -> list[int]:
    """For each row at the folding depth how many stand below it; 0 for the others."""
    sizes = [0] * len(placed)
    branch = 0
    for index, each in enumerate(placed):
        if each.depth == _FOLDED_AT:
            branch = index
        elif each.depth > _FOLDED_AT:
            sizes[branch] += 1
    return sizes
