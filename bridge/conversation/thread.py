"""Entries in any order -> the tree that a page shows, and how many there are (contract sections 6 and 7).

Pages, feeds and `document` call it. Everything is iterative: a thread may be as deep as it is long.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from bridge.conversation.comment import Entry, is_public, order_of

_Order = tuple[datetime, datetime, int, str]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False, repr=False)
class Node:
    """An entry and what was said to it, oldest first. Compared by identity: a comparison would follow the depth."""

    entry: Entry
    children: tuple[Node, ...]


class Placed(NamedTuple):
    """An entry at its place while the tree is walked: `depth` 0 stands at the top."""

    entry: Entry
    parent: Entry | None
    depth: int
    answers: int


def thread(entries: Iterable[Entry], *, since: datetime | None = None) -> tuple[Node, ...]:
    """The tree of what may be shown, siblings by the time that is shown, then as they came.

    A deleted entry stays only while it has shown answers. What answers something that is not shown hangs at the
    nearest shown entry above it, else at the top. Circles are cut at their earliest entry.
    """
    known = {entry.id: entry for entry in entries}
    order = {entry.id: order_of(entry, since=since) for entry in known.values()}
    above = _without_circles(_parents(known), order)
    kept = _kept(known, above)
    children: dict[str | None, list[str]] = {}
    for each, place in _places(kept, above).items():
        children.setdefault(place, []).append(each)
    for siblings in children.values():
        siblings.sort(key=order.__getitem__)
    return _built(known, children)


def walk(tree: Iterable[Node]) -> Iterator[Placed]:
    """Every entry of the tree in reading order: each before its answers."""
    pending: list[tuple[Node, Entry | None, int]] = []
    pending.extend((node, None, 0) for node in reversed(tuple(tree)))
    while pending:
        node, parent, depth = pending.pop()
        yield Placed(entry=node.entry, parent=parent, depth=depth, answers=len(node.children))
        pending.extend((child, node.entry, depth + 1) for child in reversed(node.children))


def count(entries: Iterable[Entry]) -> int:
    """How many people's entries are shown: no placeholders, no pingbacks from the blog's own series."""
    return len({entry.id for entry in entries if is_public(entry) and not entry.own_series})


def _parents(known: Mapping[str, Entry]) -> dict[str, str]:
    by_address = {entry.url: entry.id for entry in known.values()}
    by_address.update((entry.object_id, entry.id) for entry in known.values())
    above = {}
    for entry in known.values():
        parent = entry.parent if entry.parent in known else by_address.get(entry.in_reply_to or "")
        if parent is not None and parent != entry.id:
            above[entry.id] = parent
    return above


def _without_circles(above: Mapping[str, str], order: Mapping[str, _Order]) -> dict[str, str]:
    """The same without circles: of each, the earliest loses its parent, so input order does not matter."""
    cut = dict(above)
    settled: set[str] = set()
    for start in above:
        path: dict[str, None] = {}
        here: str | None = start
        while here is not None and here not in settled and here not in path:
            path[here] = None
            here = above.get(here)
        if here is not None and here in path:
            members = list(path)
            circle = members[members.index(here) :]
            del cut[min(circle, key=order.__getitem__)]
        settled.update(path)
    return cut


def _kept(known: Mapping[str, Entry], above: Mapping[str, str]) -> set[str]:
    """The ids of what is shown, and of what was deleted but has something shown below it."""
    kept: set[str] = set()
    seen: set[str] = set()
    for entry in known.values():
        if not is_public(entry):
            continue
        kept.add(entry.id)
        here = above.get(entry.id)
        while here is not None and here not in seen:
            seen.add(here)
            if known[here].state == "deleted" and known[here].visibility in ("public", "unlisted"):
                kept.add(here)
            here = above.get(here)
    return kept


def _places(kept: set[str], above: Mapping[str, str]) -> dict[str, str | None]:
    """For each kept entry the nearest kept one above it, or None."""
    nearest: dict[str, str | None] = {}
    places: dict[str, str | None] = {}
    for start in kept:
        passed = []
        here = above.get(start)
        while here is not None and here not in kept and here not in nearest:
            passed.append(here)
            here = above.get(here)
        place = nearest[here] if here is not None and here in nearest else here
        nearest.update(dict.fromkeys(passed, place))
        places[start] = place
    return places


def _built(known: Mapping[str, Entry], children: Mapping[str | None, list[str]]) -> tuple[Node, ...]:
    downwards: list[str] = []
    pending = list(children.get(None, ()))
    while pending:
        here = pending.pop()
        downwards.append(here)
        pending.extend(children.get(here, ()))
    nodes: dict[str, Node] = {}
    for here in reversed(downwards):
        below = tuple(nodes.pop(child) for child in children.get(here, ()))
        nodes[here] = Node(entry=known[here], children=below)
    return tuple(nodes[top] for top in children.get(None, ()))
