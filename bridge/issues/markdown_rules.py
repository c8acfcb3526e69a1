"""Markdown as contract section 5 reads it -> HTML, not yet sanitised, with the mentions and hashtags found.

`render` calls it. Python-Markdown is the frame (document, element tree, processors in order); the block parser, the
inline text and the serialiser are ours, each for the reason its module names. Time is linear in the text (S120).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from xml.etree.ElementTree import Element, SubElement

from markdown import Markdown
from markdown.extensions import Extension
from markdown.preprocessors import Preprocessor
from markdown.treeprocessors import Treeprocessor
from markdown.util import Registry

from bridge.issues.markdown_blocks import BARE, RAW, Footnote, IssueBlocks, Reference, fence_of, is_fence_end
from bridge.issues.markdown_inline import Lookups, read_inline
from bridge.issues.rendered import Hashtag, Mention

#: Bytes of one issue's text (S120).
MAX_BODY = 512 * 1024

_VOID = frozenset({"br", "hr", "img"})
_OWN_LINE = frozenset(
    {"p", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "pre", "blockquote", "ul", "ol", "li", "table", "thead", "tbody",
     "tr", "th", "td", "figure", "figcaption", "section", RAW}
)  # fmt: skip
_CONTROLS = dict.fromkeys(i for i in range(32) if chr(i) not in "\t\n")


@dataclass(frozen=True, kw_only=True)
class Converted:
    """HTML as the author's text makes it, and who and what is named in it, in order, with repeats."""

    html: str
    mentions: tuple[Mention, ...]
    hashtags: tuple[Hashtag, ...]


def html_from_markdown(
    text: str, *, mention: Callable[[str], Mention | None], tag_url: Callable[[str], str]
) -> Converted:
    """Convert one text. `mention` is asked for each `user@host`; None leaves it plain text.

    Raises ValueError over `MAX_BODY` bytes.
    """
    if len(text.encode()) > MAX_BODY:
        raise ValueError(f"the text is longer than {MAX_BODY // 1024} KiB")
    rules = _IssueMarkdown(mention, tag_url)
    # A new one for each text: it costs 0.3 ms and threads share nothing.
    frame = Markdown(extensions=[rules])
    frame.serializer = _serialised
    html = frame.convert(text)
    found = rules.lookups
    return Converted(html=html, mentions=tuple(found.mentions), hashtags=tuple(found.hashtags))


class _IssueMarkdown(Extension):
    def __init__(self, mention: Callable[[str], Mention | None], tag_url: Callable[[str], str]) -> None:
        super().__init__()
        self._mention = mention
        self._tag_url = tag_url
        self.lookups = self.begin({}, {})

    def begin(self, references: dict[str, Reference], footnotes: dict[str, Footnote]) -> Lookups:
        """Begin a document whose link definitions and footnotes are known."""
        self.lookups = Lookups(mention=self._mention, tag_url=self._tag_url, references=references, footnotes=footnotes)
        return self.lookups

    def extendMarkdown(self, md: Markdown) -> None:  # noqa: N802 (Python-Markdown's name)
        blocks = IssueBlocks(md)
        md.parser = blocks
        md.preprocessors, md.treeprocessors, md.postprocessors = Registry(), Registry(), Registry()
        md.preprocessors.register(_Lines(md), "lines", 30)
        md.treeprocessors.register(_Inline(md, self, blocks), "inline", 20)


class _Lines(Preprocessor):
    """Leading tabs become spaces, but not in fenced code, and control characters go; nothing else is touched."""

    def run(self, lines: list[str]) -> list[str]:
        read: list[str] = []
        fence = ""
        for line in lines:
            clean = line if line.isprintable() else line.translate(_CONTROLS)
            if fence:
                read.append(clean)
                fence = "" if is_fence_end(clean, fence) else fence
            else:
                read.append(_spaced(clean))
                fence = fence_of(read[-1])
        return read


def _spaced(line: str) -> str:
    text = line.lstrip(" \t")
    blank = line[: len(line) - len(text)]
    return blank.expandtabs(4) + text if "\t" in blank else line


class _Inline(Treeprocessor):
    def __init__(self, md: Markdown, rules: _IssueMarkdown, blocks: IssueBlocks) -> None:
        super().__init__(md)
        self._rules = rules
        self._blocks = blocks

    def run(self, root: Element) -> None:
        blocks = self._blocks
        lookups = self._rules.begin(blocks.definitions, blocks.footnotes)
        for element, text in blocks.pending:
            read_inline(element, text, lookups)
        self._add_footnotes(root, lookups)
        for paragraph in root.iter("p"):
            _make_figure(paragraph)

    def _add_footnotes(self, root: Element, lookups: Lookups) -> None:
        if not self._blocks.footnotes:
            return
        section = SubElement(root, "section", {"class": "footnotes"})
        notes = SubElement(section, "ol")
        uncited = iter(self._blocks.footnotes)
        number = 0
        while number < len(self._blocks.footnotes):
            # A footnote may cite a further one; what nobody cites comes last, for no text may be lost.
            if number == len(lookups.cited_in_order):
                lookups.number_of(next(name for name in uncited if name not in lookups.cited))
            name = lookups.cited_in_order[number]
            note = self._blocks.footnotes[name]
            number += 1
            for element, text in note.pending:
                read_inline(element, text, lookups)
            note.element.set("id", f"fn-{number}")
            if name in lookups.citations:
                last = note.element[-1] if len(note.element) and note.element[-1].tag == "p" else note.element
                back = SubElement(last, "a", {"href": f"#fnref-{number}", "class": "footnote-backref"})
                back.text = "↩"
            notes.append(note.element)


def _make_figure(paragraph: Element) -> None:
    """A picture alone in its paragraph is a figure, its title the caption."""
    if len(paragraph) != 1 or (paragraph.text or "").strip() or (paragraph[0].tail or "").strip():
        return
    inner = paragraph[0]
    image = inner[0] if inner.tag == "a" and len(inner) == 1 and not (inner.text or inner[0].tail) else inner
    if image.tag != "img":
        return
    paragraph.tag = "figure"
    title = image.attrib.pop("title", "")
    if title:
        SubElement(paragraph, "figcaption").text = title


def _serialised(root: Element) -> str:
    parts: list[str] = []
    _write(root, parts)
    return "".join(parts)


def _write(element: Element, parts: list[str]) -> None:
    tag = element.tag
    if tag == RAW:
        parts.append(element.text or "")
    elif tag == BARE:
        _write_inside(element, parts)
    else:
        attributes = "".join(f' {name}="{escape(value)}"' for name, value in element.items())
        parts.append(f"<{tag}{attributes}>")
        if tag not in _VOID:
            _write_inside(element, parts)
            parts.append(f"</{tag}>")
    if tag in _OWN_LINE and not element.tail:
        parts.append("\n")
    elif element.tail:
        parts.append(escape(element.tail, quote=False))


def _write_inside(element: Element, parts: list[str]) -> None:
    if element.text:
        parts.append(escape(element.text, quote=False))
    for child in element:
        _write(child, parts)
