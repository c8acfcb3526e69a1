"""The author's lines -> the blocks of an issue as an element tree, inline text still unread.

Python-Markdown's own block parser turns `#Wort` into a heading, swallows a list that follows a paragraph, nests
lists by four spaces and needs quadratic time for some inputs. This one keeps contract section 5 and reads each line
a bounded number of times: work is lines x depth, and depth is capped (S120). `markdown_rules` puts it into
Python-Markdown's frame; `markdown_inline` reads what it leaves in `pending`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple
from xml.etree.ElementTree import Element, ElementTree, SubElement

from markdown import Markdown
from markdown.blockparser import BlockParser

#: Quotations and lists inside each other; what is nested deeper stands as plain text.
MAX_DEPTH = 16

#: Pseudo tags: HTML that goes out as the author wrote it, and inline text without an element of its own.
RAW = "raw-html"
BARE = "bare-text"

_HEADING = re.compile(r"(#{1,6})[ \t]+(\S.*)$")
#: `{#name .class}` after a heading, as Hugo and Pandoc have it.
_ATTRIBUTES = re.compile(r"(?<=\s)\{(?=[#.][\w-])(?:#([\w.-]{1,60}))?(?:\s{0,9}[.][\w-]{1,60}){0,9}\s{0,9}\}$")
_FENCE = re.compile(r"(`{3,}|~{3,})[ \t]*([^`\n]*)$")
_BULLET = re.compile(r"([-*+])( +|$)")
_NUMBER = re.compile(r"(\d{1,9})([.)])( +|$)")
_FOOTNOTE = re.compile(r"\[\^([^\]\s]{1,100})\]:[ ]?(.*)$")
_REFERENCE = re.compile(
    r"\[([^\]\[]{1,200})\]:[ \t]*<?([^\s<>]{1,2000})>?(?:[ \t]+(?:\"([^\"]*)\"|'([^']*)'|\(([^()]*)\)))?[ \t]*$"
)
_HTML_BLOCK = re.compile(
    r"</?(?:address|article|aside|blockquote|body|caption|center|col|colgroup|dd|details|dialog|div|dl|dt|fieldset|"
    r"figcaption|figure|footer|form|h[1-6]|head|header|hgroup|hr|html|iframe|legend|li|link|main|meta|nav|ol|"
    r"object|p|picture|script|section|source|style|summary|table|tbody|td|tfoot|th|thead|title|tr|ul|video|audio)"
    r"(?=[\s/>]|$)",
    re.IGNORECASE,
)
_VERBATIM = re.compile(r"<(pre|script|style|textarea)(?=[\s>]|$)", re.IGNORECASE)
_CELL_EDGE = re.compile(r"(?<!\\)\|")
_DELIMITER_CELL = re.compile(r"[ \t]*:?-+:?[ \t]*")


class Pending(NamedTuple):
    """An element whose inline text is still Markdown."""

    element: Element
    text: str


class Footnote(NamedTuple):
    """A footnote's list item. Its inline text is read after that of the issue, when its number is known."""

    element: Element
    pending: list[Pending]


class _Marker(NamedTuple):
    """A list item's marker: `number` is None for a bullet; `width` counts up to the item's first character."""

    number: int | None
    width: int
    sign: str  #: what follows the number; another one begins another list

    def goes_with(self, other: _Marker) -> bool:
        """Whether both may appear in one list."""
        return (self.number is None) == (other.number is None) and self.sign == other.sign


@dataclass(frozen=True, kw_only=True)
class Reference:
    """A link definition, `[name]: address "title"`."""

    url: str
    title: str


def indent_of(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def is_break(text: str) -> bool:
    """Whether a line is a section break: three or more of one of `-`, `*`, `_`, with or without spaces."""
    sign = text.lstrip(" \t")[:1]
    if sign not in ("-", "*", "_"):
        return False
    squeezed = text.replace(" ", "").replace("\t", "")
    return len(squeezed) >= 3 and squeezed == sign * len(squeezed)


def fence_of(line: str) -> str:
    """The characters that open a block of code on this line, or ""."""
    opening = _FENCE.match(line.lstrip(" ")) if indent_of(line) < 4 else None
    return opening[1] if opening else ""


def is_fence_end(line: str, opening: str) -> bool:
    closing = line.strip()
    return len(closing) >= len(opening) and closing == opening[0] * len(closing)


def _marker(text: str) -> _Marker | None:
    if match := _BULLET.match(text):
        number, sign = None, ""
    elif match := _NUMBER.match(text):
        number, sign = int(match[1]), match[2]
    else:
        return None
    spaces = len(match[match.re.groups])
    # Five spaces and more begin an indented code block inside the item: only one of them belongs to the marker.
    return _Marker(number, match.end() if 1 <= spaces <= 4 else match.end() - spaces + 1, sign)


def _cells(line: str) -> list[str]:
    inner = line.strip().removeprefix("|")
    if inner.endswith("|") and not inner.endswith("\\|"):
        inner = inner[:-1]
    return [cell.strip().replace("\\|", "|") for cell in _CELL_EDGE.split(inner)]


def _alignments(line: str) -> list[str] | None:
    """The columns of a table's second line, or None when it is not such a line."""
    if "|" not in line or "-" not in line:
        return None
    cells = _cells(line)
    if not all(_DELIMITER_CELL.fullmatch(cell) for cell in cells):
        return None
    sides = {(True, True): "center", (False, True): "right", (True, False): "left", (False, False): ""}
    return [sides[cell.startswith(":"), cell.endswith(":")] for cell in cells]


def _begins_table(lines: Sequence[str], at: int) -> bool:
    if "|" not in lines[at] or at + 1 >= len(lines):
        return False
    columns = _alignments(lines[at + 1])
    return columns is not None and len(columns) == len(_cells(lines[at]))


def _begins_block(line: str) -> bool:
    """Whether a line cannot go on a paragraph because it begins something else."""
    if indent_of(line) >= 4:
        return False
    text = line.lstrip(" ")
    if text[0] == "<":
        return bool(_HTML_BLOCK.match(text) or _VERBATIM.match(text))
    if text[0] == ">" or _HEADING.match(text) or _FENCE.match(text) or is_break(text):
        return True
    marker = _marker(text)
    # `1986. Ein gutes Jahr` in running text is not a list: only a bullet or a 1 with text may follow a paragraph.
    return marker is not None and marker.number in (None, 1) and bool(text[marker.width - 1 :].strip())


class IssueBlocks(BlockParser):
    """Python-Markdown's block parser, replaced: same entrance, own reading of the lines."""

    def __init__(self, md: Markdown) -> None:
        super().__init__(md)
        self.forget()

    def forget(self) -> None:
        """Begin a new document."""
        self.pending: list[Pending] = []
        self.definitions: dict[str, Reference] = {}
        self.footnotes: dict[str, Footnote] = {}

    def parseDocument(self, lines: Iterable[str]) -> ElementTree[Element | None]:  # noqa: N802 (Python-Markdown's name)
        self.forget()
        root = Element(self.md.doc_tag)
        self._read(root, list(lines), depth=0)
        return ElementTree(root)

    def _read(self, parent: Element, lines: Sequence[str], *, depth: int, tight: bool = False) -> None:
        at = 0
        while at < len(lines):
            line = lines[at]
            if not line.strip():
                at += 1
                continue
            text = line.lstrip(" ")
            if len(line) - len(text) >= 4:
                at = self._indented_code(parent, lines, at)
            elif heading := _HEADING.match(text):
                self._heading(parent, len(heading[1]), heading[2])
                at += 1
            elif _FENCE.match(text):
                at = self._fence(parent, lines, at)
            elif is_break(text):
                SubElement(parent, "hr")
                at += 1
            elif text[0] == ">" and depth < MAX_DEPTH:
                at = self._quotation(parent, lines, at, depth)
            elif depth < MAX_DEPTH and _marker(text):
                at = self._list(parent, lines, at, depth)
            elif text[0] == "<" and (_HTML_BLOCK.match(text) or _VERBATIM.match(text) or text.startswith("<!--")):
                at = self._html(parent, lines, at)
            elif text.startswith("[^") and (footnote := _FOOTNOTE.match(text)) and depth < MAX_DEPTH:
                at = self._footnote(lines, at, footnote, depth)
            elif text[0] == "[" and (reference := _REFERENCE.match(text)):
                name, url, *titles = reference.groups()
                title = next((title for title in titles if title), "")
                self.definitions.setdefault(name.casefold(), Reference(url=url, title=title))
                at += 1
            elif _begins_table(lines, at):
                at = self._table(parent, lines, at)
            else:
                at = self._paragraph(parent, lines, at, tight=tight)

    def _heading(self, parent: Element, level: int, text: str) -> None:
        bare = text.rstrip()
        closed = bare.rstrip("#")
        if closed != bare and (not closed or closed[-1] in " \t"):
            bare = closed.rstrip()
        heading = SubElement(parent, f"h{level}")
        if attributes := _ATTRIBUTES.search(bare):
            bare = bare[: attributes.start()].rstrip()
            if attributes[1]:
                heading.set("id", attributes[1])
        self.pending.append(Pending(heading, bare))

    def _paragraph(self, parent: Element, lines: Sequence[str], at: int, *, tight: bool) -> int:
        begin = at
        at += 1
        while at < len(lines) and lines[at].strip():
            underline = lines[at].strip()
            if at == begin + 1 and indent_of(lines[at]) < 4 and set(underline) in ({"="}, {"-"}):
                self._heading(parent, 1 if underline[0] == "=" else 2, lines[begin].strip())
                return at + 1
            if _begins_block(lines[at]) or _begins_table(lines, at):
                break
            at += 1
        text = "\n".join(line.lstrip(" ") for line in lines[begin:at]).rstrip()
        self.pending.append(Pending(SubElement(parent, BARE if tight else "p"), text))
        return at

    def _indented_code(self, parent: Element, lines: Sequence[str], at: int) -> int:
        begin = at
        while at < len(lines) and (not lines[at].strip() or indent_of(lines[at]) >= 4):
            at += 1
        text = "\n".join(line[4:] for line in lines[begin:at]).rstrip() + "\n"
        SubElement(SubElement(parent, "pre"), "code").text = text
        return at

    def _fence(self, parent: Element, lines: Sequence[str], at: int) -> int:
        opening = _FENCE.match(lines[at].lstrip(" "))
        assert opening is not None
        mark, shift = opening[1], indent_of(lines[at])
        code = SubElement(SubElement(parent, "pre"), "code")
        if language := re.match(r"[\w+#.-]{1,40}", opening[2].strip()):
            code.set("class", f"language-{language[0]}")
        inside: list[str] = []
        at += 1
        while at < len(lines):
            if is_fence_end(lines[at], mark):
                at += 1
                break
            inside.append(lines[at][min(shift, indent_of(lines[at])) :])
            at += 1
        code.text = "".join(line + "\n" for line in inside)
        return at

    def _quotation(self, parent: Element, lines: Sequence[str], at: int, depth: int) -> int:
        """One quotation: an empty line in it has its own `>`, and one without ends it."""
        inside: list[str] = []
        while at < len(lines):
            line = lines[at]
            text = line.lstrip(" ")
            if text.startswith(">") and indent_of(line) < 4:
                inside.append(text[2:] if text[1:2] == " " else text[1:])
                at += 1
            elif text.strip() and inside[-1].strip() and not _begins_block(line):
                inside.append(line)
                at += 1
            else:
                break
        self._read(SubElement(parent, "blockquote"), inside, depth=depth + 1)
        return at

    def _list(self, parent: Element, lines: Sequence[str], at: int, depth: int) -> int:
        first = _marker(lines[at].lstrip(" "))
        assert first is not None
        margin = indent_of(lines[at])
        items: list[list[str]] = []
        loose = False
        width = first.width
        while at < len(lines):
            line = lines[at]
            if not line.strip():
                following = at
                while following < len(lines) and not lines[following].strip():
                    following += 1
                if following == len(lines) or not self._goes_on(lines[following], margin, first):
                    break
                items[-1].append("")
                at, line = following, lines[following]
                # Only an empty line between two items, or between two blocks of one item, sets the list wide.
                loose = loose or indent_of(line) < margin + 2 or _marker(line.lstrip(" ")) is None
            text = line.lstrip(" ")
            marker = _marker(text)
            if indent_of(line) >= margin + 2 and items:
                items[-1].append(line[min(indent_of(line), margin + width) :])
            elif marker and not is_break(text) and marker.goes_with(first):
                width = marker.width
                items.append([text[width:]])
            elif marker and marker.number is not None and first.number is not None:
                break
            elif not _begins_block(line) and items and items[-1][-1].strip():
                items[-1].append(text)
            else:
                break
            at += 1
        element = SubElement(parent, "ul" if first.number is None else "ol")
        if first.number not in (None, 1):
            element.set("start", str(first.number))
        for item in items:
            self._read(SubElement(element, "li"), item, depth=depth + 1, tight=not loose)
        return at

    @staticmethod
    def _goes_on(line: str, margin: int, first: _Marker) -> bool:
        """Whether a line after an empty one still belongs to the list."""
        if indent_of(line) >= margin + 2:
            return True
        marker = _marker(line.lstrip(" "))
        return marker is not None and not is_break(line) and marker.goes_with(first)

    def _html(self, parent: Element, lines: Sequence[str], at: int) -> int:
        begin = at
        text = lines[at].lstrip(" ")
        if verbatim := _VERBATIM.match(text):
            end = f"</{verbatim[1].lower()}>"
        elif text.startswith("<!--"):
            end = "-->"
        else:
            while at < len(lines) and lines[at].strip():
                at += 1
            SubElement(parent, RAW).text = "\n".join(lines[begin:at])
            return at
        while at < len(lines) and end not in lines[at].lower():
            at += 1
        at = min(at + 1, len(lines))
        SubElement(parent, RAW).text = "\n".join(lines[begin:at])
        return at

    def _footnote(self, lines: Sequence[str], at: int, opening: re.Match[str], depth: int) -> int:
        inside = [opening[2]]
        at += 1
        while at < len(lines):
            line = lines[at]
            outside = line.strip() and indent_of(line) < 2
            if outside and (not inside[-1].strip() or _begins_block(line) or line.startswith("[^")):
                break
            inside.append(line[min(4, indent_of(line)) :])
            at += 1
        note = Footnote(Element("li"), [])
        around, self.pending = self.pending, note.pending
        self._read(note.element, inside, depth=depth + 1)
        self.pending = around
        self.footnotes.setdefault(opening[1], note)
        return at

    def _table(self, parent: Element, lines: Sequence[str], at: int) -> int:
        columns = _alignments(lines[at + 1]) or []
        table = SubElement(parent, "table")
        self._row(SubElement(SubElement(table, "thead"), "tr"), "th", _cells(lines[at]), columns)
        at += 2
        body = SubElement(table, "tbody")
        while at < len(lines) and lines[at].strip() and "|" in lines[at]:
            self._row(SubElement(body, "tr"), "td", _cells(lines[at]), columns)
            at += 1
        return at

    def _row(self, row: Element, tag: str, cells: Sequence[str], columns: Sequence[str]) -> None:
        padded = [*cells, *[""] * (len(columns) - len(cells))]
        for text, side in zip(padded, [*columns, *[""] * (len(padded) - len(columns))], strict=True):
            cell = SubElement(row, tag)
            if side:
                cell.set("align", side)
            self.pending.append(Pending(cell, text))
