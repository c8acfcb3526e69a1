"""HTML as strangers serve it -> its tags and texts in order, without what no reader sees; pure.

`discover` and `source_page` read it. One pass, no tree, so no page can be deep or slow enough to hurt (security S60,
S107). Comments, scripts, templates and text that only looks like tags are left out, as a browser leaves them out.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

_TAG = re.compile(r"<(/?)([a-zA-Z][^\s/>]{0,40})")
_ATTRIBUTE = re.compile(r"[\s/]*([^\s/>=][^\s/>=]*)(?:\s*=\s*(\"[^\"]*\"|'[^']*'|[^\s>]*))?")
_END = re.compile(r"[\s/]*>")
_MOST_ATTRIBUTES = 60
#: What stands in these is no markup, or not part of the page.
_UNREAD = frozenset("script style template textarea iframe noembed noframes xmp plaintext".split())
#: Their text is text, whatever it looks like.
_RAW = frozenset(("title",))


@dataclass(frozen=True, slots=True)
class Start:
    """A tag opens; names in lower case, values without entities."""

    name: str
    attributes: Mapping[str, str]

    def tokens(self, name: str) -> list[str]:
        """The words of a list attribute such as rel or class, in lower case."""
        return self.attributes.get(name, "").lower().split()


@dataclass(frozen=True, slots=True)
class End:
    """A tag closes."""

    name: str


def scan(text: str) -> Iterator[Start | End | str]:
    """The tags and the texts between them, entities read, in the order of the page."""
    place, length = 0, len(text)
    while place < length:
        start = text.find("<", place)
        if start < 0:
            yield html.unescape(text[place:])
            return
        if start > place:
            yield html.unescape(text[place:start])
        tag = _TAG.match(text, start)
        if tag is None:
            place = _after_no_tag(text, start)
            if place == start + 1:
                yield "<"
            continue
        name = tag[2].lower()
        attributes, end = _attributes(text, tag.end())
        if end is None:
            return
        place = end
        if tag[1]:
            yield End(name)
            continue
        if name in _UNREAD:
            place = _after_element(text, place, name)
            continue
        yield Start(name, attributes)
        if name in _RAW:
            close = _closing(text, place, name)
            yield html.unescape(text[place:close])
            place = close


def _after_no_tag(text: str, start: int) -> int:
    """Where the page goes on after a comment, a declaration, or a mere `<` (then at the next character)."""
    if text.startswith("<!--", start):
        # `<!-->` is a whole comment, as the HTML standard reads it.
        close = text.find("-->", start + 2)
        return len(text) if close < 0 else close + 3
    if text.startswith(("<!", "<?", "</"), start):
        close = text.find(">", start)
        return len(text) if close < 0 else close + 1
    return start + 1


def _attributes(text: str, place: int) -> tuple[dict[str, str], int | None]:
    """The attributes from here on (the first of a name holds), and where the tag is over; None: the page ends in it."""
    found: dict[str, str] = {}
    for _ in range(_MOST_ATTRIBUTES):
        end = _END.match(text, place)
        if end is not None:
            return found, end.end()
        one = _ATTRIBUTE.match(text, place)
        if one is None:
            break
        value = one[2] or ""
        if value[:1] in ('"', "'") and len(value) > 1 and value[-1] == value[0]:
            value = value[1:-1]
        found.setdefault(one[1].lower(), html.unescape(value))
        place = one.end()
    close = text.find(">", place)
    return found, None if close < 0 else close + 1


def _after_element(text: str, place: int, name: str) -> int:
    """Where the page goes on after the end of this element; templates may stand in each other."""
    depth = 1
    while depth:
        close = _closing(text, place, name)
        if name == "template":
            depth += len(re.findall(r"<template[\s/>]", text[place:close], re.IGNORECASE))
        depth -= 1
        after = text.find(">", close)
        if after < 0:
            return len(text)
        place = after + 1
    return place


def _closing(text: str, place: int, name: str) -> int:
    """Where `</name` stands next; the end of the page if nowhere."""
    found = re.compile(rf"</{name}(?=[\s/>])", re.IGNORECASE).search(text, place)
    return len(text) if found is None else found.start()
