"""The HTML of a page or a post -> lines for a terminal, with quotations, lists, code and pictures recognisable.

`preview_screen` shows issues and posts with it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from bs4 import BeautifulSoup
from bs4.element import NavigableString, PageElement, PreformattedString, Tag
from rich.console import Console, ConsoleOptions, RenderResult
from rich.text import Text

_HEADINGS = frozenset("h1 h2 h3 h4 h5 h6".split())
_BLOCKS = _HEADINGS.union(
    "p blockquote ul ol li pre hr table figure figcaption div section dl dt dd details summary".split()
)
_STYLES = {"strong": "bold", "b": "bold", "em": "italic", "i": "italic", "a": "underline", "del": "strike"}


@dataclass(frozen=True)
class _Block:
    """A paragraph, heading, item or line of code. `first` stands before its first line, `rest` before the others."""

    text: Text
    first: str
    rest: str
    is_close: bool = False  #: without an empty line above


class Prose:
    """HTML, ready for rich to print at any width."""

    def __init__(self, html: str) -> None:
        self._blocks = list(_blocks(BeautifulSoup(html, "html.parser"), "", ""))

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for number, block in enumerate(self._blocks):
            if number and not block.is_close:
                yield Text(_shared_start(self._blocks[number - 1].rest, block.first).rstrip())
            room = max(options.max_width - len(block.rest), 10)
            for line, text in enumerate(block.text.wrap(console, room) or [Text()]):
                yield Text(block.rest if line else block.first) + text


def _shared_start(above: str, below: str) -> str:
    """What two blocks have before them, such as the bar of a quotation that holds both."""
    same = next((at for at, pair in enumerate(zip(above, below, strict=False)) if pair[0] != pair[1]), None)
    return above[: min(len(above), len(below)) if same is None else same]


def _blocks(node: Tag, first: str, rest: str, style: str = "") -> Iterator[_Block]:
    """The blocks in a tag; what stands in it between blocks is one, too."""
    line = Text(style=style)
    for child in node.children:
        if not (isinstance(child, Tag) and child.name in _BLOCKS):
            line.append_text(_inline(child))
            continue
        if line.plain.strip():
            yield _Block(_trimmed(line), first, rest)
            first = rest
        line = Text(style=style)
        for block in _of_tag(child, first, rest):
            yield block
            first = rest
    if line.plain.strip():
        yield _Block(_trimmed(line), first, rest)


def _of_tag(tag: Tag, first: str, rest: str) -> Iterator[_Block]:
    match tag.name:
        case "blockquote":
            yield from _blocks(tag, f"{first}│ ", f"{rest}│ ")
        case "ul" | "ol":
            yield from _items(tag, rest)
        case "pre":
            for number, text in enumerate(tag.get_text().rstrip("\n").split("\n")):
                yield _Block(Text(text), f"{rest}    ", f"{rest}    ", is_close=number > 0)
        case "hr":
            yield _Block(Text("* * *"), first, rest)
        case "table":
            for number, row in enumerate(tag.find_all("tr")):
                cells = [" ".join(cell.get_text().split()) for cell in row.find_all(["th", "td"])]
                yield _Block(Text(" | ".join(cells)), rest, rest, is_close=number > 0)
        case name:
            yield from _blocks(tag, first, rest, "bold" if name in _HEADINGS else "")


def _items(tag: Tag, rest: str) -> Iterator[_Block]:
    is_first = True
    for number, item in enumerate(tag.find_all("li", recursive=False), 1):
        mark = f"{number}. " if tag.name == "ol" else "• "
        for block in _blocks(item, rest + mark, rest + " " * len(mark)):
            yield replace(block, is_close=not is_first)
            is_first = False


def _inline(node: PageElement) -> Text:
    if isinstance(node, PreformattedString):  # a comment
        return Text()
    if isinstance(node, NavigableString):
        return Text(re.sub(r"\s+", " ", node))
    if not isinstance(node, Tag) or "invisible" in node.get_attribute_list("class"):
        return Text()
    if node.name == "br":
        return Text("\n")
    if node.name == "img":
        return Text(f"[{node.get('alt') or 'a picture without description'}]")
    text = Text(style=_STYLES.get(node.name, ""))
    for child in node.children:
        text.append_text(_inline(child))
    return text + Text("…") if "ellipsis" in node.get_attribute_list("class") else text


def _trimmed(line: Text) -> Text:
    """Without space at its ends, and at the ends of the lines in it."""
    parts = []
    for part in line.split("\n", allow_blank=True):
        part.rstrip()
        parts.append(part[len(part.plain) - len(part.plain.lstrip()) :])
    return Text("\n").join(parts)
