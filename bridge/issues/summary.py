"""The blocks of an issue -> a few sentences in plain text: what lists, feeds and preview cards say of it.

`render` calls it. A Note keeps its blocks (contract section 5); one line of text has none, so what parted them is
put into words' own signs here: only between the author's words, which stay as they are.
"""

from __future__ import annotations

from collections.abc import Sequence

from bridge.issues.html_tree import Node, Tag
from bridge.issues.page_html import BLOCKS, text_of
from bridge.issues.sections import HEADINGS, LISTS, TEASER_LENGTH, cut_inside, excerpt

#: Blocks that nobody reads out.
_NO_PROSE = frozenset({"hr", "figure", "pre", "table"}) | HEADINGS
#: What ends a sentence, or joins it to the next one; marks that may follow it.
_ENDS = (".", "!", "?", "…", ":", ";", ",", "–", "—", "。", "！", "？")
_BEHIND = "\"'”“’‘»«›‹)]}*\u00a0 "
#: Marks of a quotation, and of one inside of it.
_QUOTES = {"de": ("„“", "‚‘"), "fr": ("«\u00a0\u00a0»", "“”")}
_OTHER_QUOTES = ("“”", "‘’")
_MARKS = ("„", "“", "”", "»", "«", "‚", "‘", "›", "‹", '"')


def summary_of(blocks: Sequence[Node], *, language: str, own: bool = False) -> str:
    """Whole paragraphs, list items and quotations from the start up to about 500 characters, as running text.

    Headings, code, tables and pictures are left out, unless there is nothing else. `own`: the author wrote these
    blocks as the teaser, so they are taken whole.
    """
    quotes = _QUOTES.get(language.partition("-")[0].lower(), _OTHER_QUOTES)
    prose = [block for block in blocks if _is_prose(block)]
    for chosen in (prose, blocks):
        kept = chosen if own else excerpt(chosen, TEASER_LENGTH, shorten=cut_inside).blocks
        said = _run_on(kept, quotes) if chosen is prose else " · ".join(text_of(kept).split("\n"))
        if said:
            return said
    return ""


def _is_prose(node: Node) -> bool:
    return not isinstance(node, Tag) or node.name not in _NO_PROSE


def _is_list(node: Node) -> bool:
    return isinstance(node, Tag) and node.name in LISTS


def _run_on(nodes: Sequence[Node], quotes: Sequence[str]) -> str:
    """Blocks, and the running text between them, one after the other."""
    said = ""
    running: list[Node] = []
    for node in [*nodes, None]:
        if isinstance(node, str) or (node is not None and node.name not in BLOCKS):
            running.append(node)
            continue
        said = _joined(said, _lines(running), ". ")
        running = []
        if node is not None and _is_prose(node):
            said = _joined(said, _block(node, quotes), ": " if _is_list(node) else ". ")
    return said


def _block(tag: Tag, quotes: Sequence[str]) -> str:
    if _is_list(tag):
        said = ""
        for item in tag.children:
            said = _joined(said, _run_on(item.children, quotes) if isinstance(item, Tag) else "", "; ")
        return said
    is_quotation = tag.name == "blockquote"
    said = _run_on(tag.children, quotes[::-1] if is_quotation else quotes)
    if is_quotation and said and not said.startswith(_MARKS):
        half = len(quotes[0]) // 2
        return f"{quotes[0][:half]}{said}{quotes[0][half:]}"
    return said


def _lines(running: Sequence[Node]) -> str:
    """Running text; where the author broke a line, a stroke shows it as in a poem."""
    paragraph = Tag("p")
    paragraph.children = list(running)
    said = ""
    for line in text_of([paragraph]).split("\n"):
        said = _joined(said, line, " / ")
    return said


def _joined(before: str, after: str, between: str) -> str:
    if not before or not after:
        return before or after
    if before.rstrip(_BEHIND).endswith(_ENDS):
        between = " "
    elif "://" in before.rpartition(" ")[2]:
        between = " · "  # a full stop would be taken for a part of the address
    return f"{before}{between}{after}"
