"""A conversation -> `comments.json`, for programs and for sites that show it inside their own pages.

`web.feeds` serves it; the shape is contract section 7 and is public.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from bridge.clock import wire_time
from bridge.conversation.comment import COVER, Entry, body_html, shown_time
from bridge.conversation.thread import Placed, count, thread, walk
from bridge.terms import Document


def comments_json(
    *,
    issue: str,
    entries: Iterable[Entry],
    likes: int,
    boosts: int,
    closed: bool,
    since: datetime | None = None,
    cover: str = COVER,
) -> Document:
    """The conversation as contract section 7 has it, each entry before its answers.

    `parent` always names an entry of the same list. What the blog's author said, here or by an account of theirs, is
    marked `by_author`. What is behind a content warning is folded in `content_html`,
    sensitive pictures behind the words `cover`.
    """
    all_of_them = tuple(entries)
    return {
        "issue": issue,
        "closed": closed,
        "count": count(all_of_them),
        "likes": likes,
        "boosts": boosts,
        "comments": [_comment(placed, since, cover) for placed in walk(thread(all_of_them, since=since))],
    }


def own_comments(
    *,
    issue: str,
    entries: Iterable[Entry],
    since: datetime | None = None,
    states: Collection[str] = (),
    private: bool = False,
) -> list[dict[str, Any]]:
    """Everything said, for the author: each entry of `comments_json` plus `state`, in order of arrival.

    `states` narrows it, and `private` to what was not said to everybody, whatever became of that; with both, either
    is enough. `parent` names an entry whatever its state.
    """
    all_of_them = tuple(entries)
    known = {entry.id: entry for entry in all_of_them}
    return [
        _comment(Placed(entry=entry, parent=known.get(entry.parent or ""), depth=0, answers=0), since)
        | {"state": entry.state, "visibility": entry.visibility, "issue": issue}
        for entry in all_of_them
        if not (states or private) or entry.state in states or (private and _is_private(entry))
    ]


def _is_private(entry: Entry) -> bool:
    return entry.visibility in ("followers", "direct") and entry.state != "deleted"


def comments_bytes(document: Document) -> bytes:
    """The document as UTF-8 that may also be put inside a script element: no `<`, no U+2028 (S98)."""
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text.encode()


def _comment(placed: Placed, since: datetime | None, cover: str = COVER) -> dict[str, Any]:
    entry = placed.entry
    deleted = entry.state == "deleted"
    comment: dict[str, Any] = {
        "id": entry.id,
        "kind": entry.kind,
        # The page of somebody who left often has the name in its address.
        "url": entry.object_id if deleted else entry.url or entry.object_id,
        "parent": None if placed.parent is None else placed.parent.id,
        "author": None if deleted else _author(entry),
        "published": wire_time(shown_time(entry, since=since)),
        "updated": None if entry.updated is None or deleted else wire_time(entry.updated),
        "content_html": "" if deleted else body_html(entry, cover=cover),
        "section": entry.section,
    }
    if deleted:
        comment["deleted"] = True
    elif entry.is_author:
        comment["by_author"] = True
    return comment


def _author(entry: Entry) -> dict[str, str | None] | None:
    if entry.author is None:
        return None
    author = entry.author
    return {"name": author.name, "handle": author.handle, "url": author.url, "avatar": author.avatar}
