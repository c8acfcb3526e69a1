"""One thing said that came by several ways -> one entry of the highest kind (contract section 7).

The inbox and linkbacks ask before they add an entry; `merge` also mends what came in apart.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from functools import reduce

from bridge.conversation.comment import Entry, Kind
from bridge.urls import BadUrl, parse_url

#: Of two kinds of one thing the higher is shown.
RANKS: dict[Kind, int] = {"reply": 4, "quote": 3, "mention": 2, "webmention": 1, "pingback": 0}
#: What the author decided about a thing holds however it comes in again.
_DECIDED = ("blocked", "spam", "hidden", "deleted")


def source_key(url: str) -> str:
    """The page behind an address, comparable: without scheme, `www.`, fragment and the last slash."""
    try:
        parsed = parse_url(url, allow_http=True)
    except BadUrl:
        return url
    host = parsed.authority.removeprefix("www.")
    query = "" if parsed.query is None else f"?{parsed.query}"
    return host + parsed.path.rstrip("/") + query


def same_source(one: Entry, other: Entry) -> bool:
    """Whether two entries are the same thing said: the same object, or the same page for people."""
    return not _keys(one).isdisjoint(_keys(other))


def combined(earlier: Entry, later: Entry) -> Entry:
    """One entry of two: the content of the higher kind, the id and the arrival of the earlier, the ways of both.

    At the same kind the later content holds, and what the author decided about the earlier stays.
    """
    higher, lower = (later, earlier) if RANKS[later.kind] >= RANKS[earlier.kind] else (earlier, later)
    return replace(
        higher,
        id=earlier.id,
        received_at=min(earlier.received_at, later.received_at),
        published=higher.published or lower.published,
        section=higher.section or lower.section,
        parent=higher.parent or lower.parent,
        in_reply_to=higher.in_reply_to or lower.in_reply_to,
        state=earlier.state if earlier.state in _DECIDED else higher.state,
        own_series=earlier.own_series or later.own_series,
        is_author=earlier.is_author or later.is_author,
        ways=tuple(dict.fromkeys((*earlier.ways, *later.ways))),
    )


def merge(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    """The entries in order of arrival, each source once. Parents that were merged away are followed."""
    groups: dict[str, list[Entry]] = {}
    for entry in sorted(entries, key=_arrival):
        found = {id(group): group for key in _keys(entry) if (group := groups.get(key)) is not None}
        joined = sorted([entry, *(member for group in found.values() for member in group)], key=_arrival)
        groups.update((key, joined) for member in joined for key in _keys(member))
    alone = {group[0].id: group for group in groups.values()}
    became = {member.id: first for first, group in alone.items() for member in group}
    merged = (reduce(combined, group) for group in alone.values())
    return tuple(_follow(entry, became) for entry in sorted(merged, key=_arrival))


def _arrival(entry: Entry) -> tuple[datetime, str]:
    return entry.received_at, entry.id


def _keys(entry: Entry) -> set[str]:
    return {source_key(address) for address in (entry.object_id, entry.url) if address}


def _follow(entry: Entry, became: Mapping[str, str]) -> Entry:
    parent = entry.parent if entry.parent is None else became.get(entry.parent, entry.parent)
    return entry if parent == entry.parent else replace(entry, parent=None if parent == entry.id else parent)
