"""The blocks of an issue -> its teaser and the sections of its thread, with keys that survive edits.

`render` calls `teaser_blocks` and `cut_sections`; publishing calls `match_sections` with what is out and what is new,
so that a changed section is one Update, a new one one Create, a removed one one Delete (contract section 5).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from bridge.issues.html_tree import Node, Tag
from bridge.issues.issue import slugified
from bridge.issues.page_html import text_of

#: Characters: about what a teaser has, and what one post of a thread holds at most.
TEASER_LENGTH = 500
SECTION_LENGTH = 5000

HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
LISTS = frozenset({"ul", "ol"})
#: Blocks that have no words of their own and so are not paragraphs.
_WORDLESS = frozenset({"hr", "figure"}) | HEADINGS
#: Blocks that can end after any of their parts.
_PARTED = frozenset("blockquote ul ol li div section details table thead tbody tfoot dl dd figure".split())


#: A heading's own name, given as `{#name}`, and what is taken on every page.
_OWN_KEY = re.compile(r"[A-Za-z][A-Za-z0-9._-]{0,59}")
_PLACES = frozenset({"top", "title", "content", "comments"})


@dataclass(frozen=True, kw_only=True)
class Excerpt:
    """The first blocks of a text. `whole` counts those that are in it uncut; `complete`: nothing was left out."""

    blocks: Sequence[Node]
    whole: int
    complete: bool


@dataclass(frozen=True, kw_only=True)
class Cut:
    """One section: its key, its heading's text (or ""), its blocks with the heading first."""

    key: str
    heading: str
    blocks: Sequence[Node]


def is_break(node: Node) -> bool:
    return isinstance(node, Tag) and node.name == "hr"


def is_heading(node: Node) -> bool:
    return isinstance(node, Tag) and node.name in HEADINGS


def _is_wordless(node: Node) -> bool:
    return isinstance(node, Tag) and node.name in _WORDLESS


def teaser_blocks(blocks: Sequence[Node]) -> Excerpt:
    """Whole paragraphs from the start up to about 500 characters, at least one.

    A long first one ends at a word with "…"; a quotation goes in whole or not at all.
    """
    begin = next((at for at, block in enumerate(blocks) if not is_break(block)), 0)
    chosen = excerpt(blocks[begin:], TEASER_LENGTH)
    end = len(chosen.blocks)
    while end and _is_wordless(chosen.blocks[end - 1]):
        end -= 1
    # A break or heading at the end announces what is not there; pictures are not text and announce nothing.
    return Excerpt(blocks=chosen.blocks[:end], whole=min(chosen.whole, end), complete=chosen.complete)


def excerpt(blocks: Sequence[Node], most: int, *, shorten: Callable[[Node, int], Node | None] | None = None) -> Excerpt:
    """Whole blocks up to `most` characters, the first with words in any case, shortened when it alone is longer.

    `shorten` does that: `cut_inside` for any block, by default only for paragraphs and lists.
    """
    shorten = shorten or _shortened
    length, begun = 0, False
    for at, block in enumerate(blocks):
        size = len(text_of([block]))
        if length + size > most:
            if begun:
                return Excerpt(blocks=blocks[:at], whole=at, complete=False)
            if not _is_wordless(block):
                shorter = shorten(block, most - length)
                if shorter is not None:
                    return Excerpt(blocks=[*blocks[:at], shorter], whole=at, complete=False)
        length += size
        begun = begun or (size > 0 and not _is_wordless(block))
    return Excerpt(blocks=blocks, whole=len(blocks), complete=True)


def _shortened(block: Node, room: int) -> Node | None:
    """A copy that ends at a word with "…"; None for what goes in whole: a quotation, code, a table."""
    if not isinstance(block, Tag):
        return _ended(block, room)
    if block.name in LISTS:
        return _with_first_items(block, room)
    return _begun(block, room)[0] if block.name == "p" else None


def cut_inside(block: Node, room: int) -> Node:
    """A copy of a block that is longer than `room` characters, ended at a paragraph, item, line or row inside of it.

    Where not even one of these fits, that one ends at a word with "…".
    """
    return _as_fits(block, room, must=True) or block


def _as_fits(block: Node, room: int, *, must: bool) -> Node | None:
    """As much of a longer block as fits; None for nothing, unless some of it `must` stand."""
    if not isinstance(block, Tag):
        return _ended(block, room) if must else None
    if block.name == "pre":
        return _first_lines(block, room, must=must)
    if block.name not in _PARTED:
        return _begun(block, room)[0] if must else None
    shorter = Tag(block.name, dict(block.attrs))
    begun = False
    for child in block.children:
        size = len(text_of([child]))
        kept = child if size <= room else _as_fits(child, room, must=must and not begun)
        if kept is not None:
            shorter.append(kept.copy() if isinstance(kept, Tag) else kept)
            begun = begun or size > 0
        if kept is not child:
            break
        room -= size + 1  # each begins a line
    return shorter if begun else None


def _first_lines(block: Tag, room: int, *, must: bool) -> Tag | None:
    """The lines of a block of code that fit."""
    kept: list[str] = []
    for line in block.text().split("\n"):
        room -= len(line) + 1
        if room < 0:
            break
        kept.append(line)
    text = "\n".join(kept) if any(kept) else _ended(block.text(), room + len(block.text().split("\n")[0]))
    if not (must or any(kept)):
        return None
    shorter = Tag(block.name, dict(block.attrs))
    shorter.put_text(text + "\n")
    return shorter


def _begun(tag: Tag, room: int) -> tuple[Tag, int]:
    """A copy with at most `room` characters of text, and the room left: below 0 when something was left out."""
    shorter = Tag(tag.name, dict(tag.attrs))
    for child in tag.children:
        if room < 0:
            break
        if isinstance(child, Tag):
            inner, room = _begun(child, room)
            shorter.append(inner)
        elif len(child) <= room:
            shorter.append(child)
            room -= len(child)
        else:
            shorter.append(_ended(child, room))
            room = -1
    return shorter, room


def _ended(text: str, room: int) -> str:
    """At most `room` characters of a text that is longer, to the end of a word."""
    kept = text[: max(room - 1, 0)]
    if not text[len(kept) : len(kept) + 1].isspace() and " " in kept.replace("\n", " "):
        kept = kept[: kept.replace("\n", " ").rindex(" ")]
    return kept.rstrip(' \n,;:–—-(„“"') + " …" if kept.strip() else "…"


def _with_first_items(block: Tag, room: int) -> Tag:
    """The items of a list that fit, at least one."""
    shorter = Tag(block.name, dict(block.attrs))
    for item in block.children:
        if isinstance(item, Tag):
            room -= len(text_of([item]))
            if shorter.children and room < 0:
                break
            shorter.append(item.copy())
    return shorter


def cut_sections(blocks: Sequence[Node]) -> list[Cut]:
    """Cut at headings and breaks. A heading right after another one begins no section of its own."""
    groups: list[list[Node]] = [[]]
    for block in blocks:
        if is_break(block):
            groups.append([])
            continue
        if is_heading(block) and groups[-1] and not is_heading(groups[-1][-1]):
            groups.append([])
        groups[-1].append(block)
    cuts: list[Cut] = []
    taken: dict[str, int] = {}
    for group in groups:
        text = text_of(group)
        if not group or not (text or any(_is_wordless(node) for node in group)):
            continue
        heading = text_of(group[:1]) if is_heading(group[0]) else ""
        own = group[0].get("id") if isinstance(group[0], Tag) and heading else ""
        if own and own not in taken and own not in _PLACES and _OWN_KEY.fullmatch(own):
            taken[own] = 1
            cuts.append(Cut(key=own, heading=heading, blocks=group))
        else:
            cuts.append(Cut(key=unique_key(heading or text, taken), heading=heading, blocks=group))
    return cuts


def unique_key(text: str, taken: dict[str, int]) -> str:
    """A heading's words, else the first words of a text: neither changes when a section is put before it.

    `taken` counts the keys given before; a key twice gets a number.
    """
    words = slugified(" ".join(text[:200].split()[:6]))[:60].strip("-") or "section"
    key = words
    while key in taken:
        taken[words] += 1
        key = f"{words}-{taken[words]}"
    taken[key] = 1
    return key


def match_sections(old: Sequence[tuple[str, str]], new: Sequence[tuple[str, str]]) -> dict[str, str]:
    """Which new section is which old one, both as (key, text): new key -> old key.

    A new key that is missing is a new section, an old key that is nobody's value is a removed one. Same text first,
    then same key, then the most alike text; what is left between the same neighbours was rewritten.
    """
    found: dict[str, str] = {}
    left_old, left_new = dict(old), dict(new)

    def pair(new_key: str, old_key: str) -> None:
        found[new_key] = old_key
        del left_old[old_key], left_new[new_key]

    for new_key, text in new:
        same = [key for key, other in left_old.items() if other == text]
        if same:
            pair(new_key, new_key if new_key in same else same[0])
    for new_key, _ in new:
        if new_key in left_new and new_key in left_old:
            pair(new_key, new_key)
    alike = sorted(
        ((_likeness(a, b), new_key, old_key) for new_key, b in left_new.items() for old_key, a in left_old.items()),
        key=lambda row: -row[0],
    )
    for likeness, new_key, old_key in alike:
        if likeness >= 0.5 and new_key in left_new and old_key in left_old:
            pair(new_key, old_key)
    _pair_by_place([key for key, _ in old], [key for key, _ in new], found)
    return found


def _likeness(one: str, other: str) -> float:
    """How much of two texts is the same, by words: 0 to 1."""
    matcher = SequenceMatcher(None, one.split(), other.split(), autojunk=False)
    return matcher.ratio() if matcher.real_quick_ratio() >= 0.5 and matcher.quick_ratio() >= 0.5 else 0.0


def _pair_by_place(old: Sequence[str], new: Sequence[str], found: dict[str, str]) -> None:
    """A single unmatched section with the same neighbours on both sides is the same one with a new text."""
    places = {key: at for at, key in enumerate(old)}
    used = set(found.values())
    for at, key in enumerate(new):
        if key in found or (at and new[at - 1] not in found) or (at + 1 < len(new) and new[at + 1] not in found):
            continue
        before = places[found[new[at - 1]]] if at else -1
        after = places[found[new[at + 1]]] if at + 1 < len(new) else len(old)
        if after - before == 2 and old[before + 1] not in used:
            found[key] = old[before + 1]
            used.add(old[before + 1])
