"""Frames, films and sounds in an author's HTML -> links to them; `page_html.sanitised` calls it before it cleans.

A reader's browser loads nothing from another host, and no server keeps these elements in a post. What they show is
not lost without a word: a link stands in their place, and `lint` says so.
"""

from __future__ import annotations

import re
from html import escape, unescape

#: The class by which `page_html` knows such a link.
CLASS = "embed"

_OPENING = re.compile(r"<(iframe|video|audio)\b((?:[^<>\"']|\"[^\"<]*\"|'[^'<]*')*)>", re.IGNORECASE)
_ATTRIBUTE = re.compile(
    r"(?<![\w-])(src|title|aria-label)\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+))", re.IGNORECASE
)
_SOURCE = re.compile(r"<source\b[^<>]*>", re.IGNORECASE)
_MOST_SHOWN = 200  #: characters of an address that stand for themselves


def with_links(html: str) -> str:
    """The HTML with a link in the place of each; one that names no address is left for the cleaning."""
    parts: list[str] = []
    lower = html.lower()
    unclosed: set[str] = set()
    at = 0
    for opening in _OPENING.finditer(html):
        if opening.start() < at:
            continue
        name = opening[1].lower()
        end = -1 if name in unclosed else lower.find(f"</{name}", opening.end())
        if end < 0:
            unclosed.add(name)
            end = opening.end()
        written = _attributes(opening[2])
        sources = _SOURCE.findall(html, opening.end(), end)
        address = written.get("src") or next((_attributes(source).get("src", "") for source in sources), "")
        if address:
            parts += [html[at : opening.start()], _link(address, written, name)]
            at = end
    return "".join([*parts, html[at:]]) if parts else html


def _attributes(written: str) -> dict[str, str]:
    return {name.lower(): unescape(a or b or c).strip() for name, a, b, c in _ATTRIBUTE.findall(written)}


def _link(address: str, written: dict[str, str], name: str) -> str:
    shown = address if len(address) <= _MOST_SHOWN else name
    label = written.get("title") or written.get("aria-label") or shown
    return f'<a class="{CLASS}" href="{escape(address)}">{escape(label)}</a>'
