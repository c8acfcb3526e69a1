"""Blocks of the page -> HTML that Mastodon, GoToSocial, Akkoma and Misskey keep; what they drop is said another way.

`render` calls it for the teaser, the whole text and each section of a thread. The allow-lists are
data in tests/oracles: every tag written here is on each of them. Headings become strong paragraphs, tables lines of
text, breaks `* * *`, footnotes numbered paragraphs; pictures are taken out of the text.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from html import escape
from typing import TypeGuard

from bridge.issues.html_tree import Node, Tag
from bridge.issues.page_html import absolute, one_line
from bridge.issues.rendered import Picture

_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
#: Elements that only group others: their content stands for itself.
_GROUPS = frozenset({"section", "div", "figure", "details", "article", "thead", "tbody", "tfoot"})
_BLOCKS = frozenset(
    {"p", "pre", "blockquote", "ul", "ol", "li", "table", "hr", "dl", "dt", "dd", "summary", "figcaption", "caption"}
    | _HEADINGS
    | _GROUPS
)
#: Inline elements under the name that all four lists hold.
_INLINE = {
    "b": "strong", "strong": "strong", "mark": "strong", "i": "em", "em": "em", "cite": "em", "dfn": "em",
    "var": "em", "u": "u", "ins": "u", "s": "del", "del": "del", "code": "code", "kbd": "code", "samp": "code",
    "ruby": "ruby", "rt": "rt", "rp": "rp",
}  # fmt: skip
_CLASSES = frozenset({"mention", "hashtag", "u-url"})
_SCHEMES = ("https://", "http://", "mailto:", "gemini:", "xmpp:", "magnet:")
_RAISED = str.maketrans("0123456789+-−=()n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ⁿ")
_LOWERED = str.maketrans("0123456789+-−=()", "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎")
_QUOTES = {"de": "„“", "fr": "«»", "en": "“”"}


@dataclass(kw_only=True)
class FediverseHtml:
    """Writes blocks for one post; `pictures` collects what stood in them."""

    page_url: str
    language: str
    known: Mapping[str, Picture]
    room: int | None = None  #: so many pictures may the post have; of further ones the text keeps a link
    pictures: list[Picture] = field(default_factory=list)

    def write(self, nodes: Iterable[Node]) -> str:
        """The nodes as a sequence of blocks, without white space between them."""
        parts: list[str] = []
        run: list[Node] = []
        for node in nodes:
            if isinstance(node, Tag) and _is_block(node):
                self._paragraph(run, parts)
                self._block(node, parts)
            else:
                run.append(node)
        self._paragraph(run, parts)
        return "".join(parts)

    def _paragraph(self, run: list[Node], parts: list[str]) -> None:
        if text := self._inline(run).strip(" "):
            parts.append(f"<p>{text}</p>")
        run.clear()

    def _block(self, tag: Tag, parts: list[str]) -> None:
        name = tag.name
        if name in _HEADINGS or name in ("summary", "caption", "dt"):
            if text := self._inline(tag.children, strong=True).strip(" "):
                parts.append(f"<p><strong>{text}</strong></p>")
        elif name == "hr":
            parts.append("<p>* * *</p>")
        elif name == "pre":
            # Only line ends that are real survive everywhere: Mastodon has no style for them, Misskey makes a fence.
            parts.append(f"<pre><code>{escape(tag.text().rstrip(chr(10)), quote=False)}</code></pre>")
        elif name in ("ul", "ol"):
            self._list(tag, parts)
        elif name == "table":
            self._table(tag, parts)
        elif name == "blockquote":
            if inside := self.write(tag.children):
                parts.append(f"<blockquote>{inside}</blockquote>")
        elif name == "figcaption":
            if text := self._inline(tag.children).strip(" "):
                parts.append(f"<p><em>{text}</em></p>")
        elif name == "section" and "footnotes" in tag.words("class"):
            parts.extend(self.footnote(note) for note in tag.tags("li") if _is_footnote(note))
        else:
            parts.append(self.write(tag.children))

    def footnote(self, note: Tag) -> str:
        """One footnote as paragraphs that begin with its number."""
        number = note.get("id").removeprefix("fn-")
        inside = self.write(note.children)
        mark = f"[{escape(number)}] "
        return inside.replace("<p>", f"<p>{mark}", 1) if inside.startswith("<p>") else f"<p>{mark}</p>{inside}"

    def _list(self, tag: Tag, parts: list[str]) -> None:
        begin = tag.get("start")
        attributes = f' start="{begin}"' if tag.name == "ol" and begin.lstrip("-").isdecimal() else ""
        attributes += " reversed" if tag.name == "ol" and "reversed" in tag.attrs else ""
        items = "".join(self._item(item) for item in tag.children if isinstance(item, Tag))
        if items:
            parts.append(f"<{tag.name}{attributes}>{items}</{tag.name}>")

    def _item(self, item: Tag) -> str:
        nodes = list(item.children)
        first = next((i for i, node in enumerate(nodes) if isinstance(node, Tag) and _is_block(node)), len(nodes))
        opening = self._inline(nodes[:first]).strip(" ")
        return f"<li>{opening}{self.write(nodes[first:])}</li>"

    def _table(self, table: Tag, parts: list[str]) -> None:
        """Each row as a paragraph of its own, a line for each column: read aloud and on a phone it stays in order."""
        rows = [[cell for cell in row.children if _is_cell(cell)] for row in table.tags("tr")]
        for caption in table.tags("caption"):
            self._block(caption, parts)
        heads: list[str] = []
        if rows and len(rows) > 1 and all(cell.name == "th" for cell in rows[0]):
            heads = [self._inline(cell.children).strip(" ") for cell in rows.pop(0)]
        for row in rows:
            lines: list[str] = []
            for at, cell in enumerate(row):
                head = heads[at] if at < len(heads) else ""
                text = self._inline(cell.children).strip(" ")
                if head and text:
                    lines.append(f"<strong>{head}:</strong> {text}")
                elif head or text:
                    lines.append(f"<strong>{head}:</strong>" if head else text)
            if lines:
                parts.append(f"<p>{'<br>'.join(lines)}</p>" if heads else f"<p>{' | '.join(lines)}</p>")

    def _inline(self, nodes: Iterable[Node], *, strong: bool = False) -> str:
        return "".join(self._inline_node(node, strong) for node in nodes)

    def _inline_node(self, node: Node, strong: bool) -> str:
        if not isinstance(node, Tag):
            return escape(one_line(node), quote=False)
        match node.name:
            case "br":
                return "<br>"
            case "img":
                return self._picture(node)
            case "a":
                return self._link(node, strong)
            case "span" if "h-card" in node.words("class"):
                return f'<span class="h-card">{self._inline(node.children)}</span>'
            case "sup" | "sub":
                text = self._inline(node.children, strong=strong)
                table = _RAISED if node.name == "sup" else _LOWERED
                return text.translate(table) if text and all(ord(sign) in table for sign in text) else text
            case "q":
                marks = _QUOTES.get(self.language.partition("-")[0], _QUOTES["en"])
                return marks[0] + self._inline(node.children, strong=strong) + marks[1]
            case name:
                inside = self._inline(node.children, strong=strong or _INLINE.get(name) == "strong")
                tag = _INLINE.get(name)
                if tag is None or (tag == "strong" and strong) or not inside:
                    return inside
                return f"<{tag}>{inside}</{tag}>"

    def _picture(self, image: Tag) -> str:
        picture = self.known.get(image.get("src"))
        if picture and picture not in self.pictures:
            if self.room is not None and len(self.pictures) >= self.room and image.above("a") is None:
                return self._link_to(picture)
            self.pictures.append(picture)
        # A picture that is a link leaves its description behind, else the link would have no text.
        return escape(image.get("alt"), quote=False) if image.above("a") else ""

    def _link_to(self, picture: Picture) -> str:
        href = absolute(picture.url, self.page_url)
        words = escape(picture.alt or picture.path, quote=False)
        return f'<a href="{escape(href)}">{words}</a>' if href.startswith(_SCHEMES) else words

    def _link(self, link: Tag, strong: bool) -> str:
        classes = link.words("class")
        if "footnote-backref" in classes:
            return ""
        inside = self._inline(link.children, strong=strong)
        if not link.get("href"):
            return inside
        href = absolute(link.get("href"), self.page_url)
        if "footnote-ref" in classes:
            return f'<a href="{escape(href)}">[{inside}]</a>'
        if not href.lower().startswith(_SCHEMES):
            return inside
        if "mention" in classes:
            # The inner span is part of the form by which servers know mentions and hashtags.
            inside = f"{inside[:1]}<span>{inside[1:]}</span>"
        kept = " ".join(name for name in classes if name in _CLASSES)
        attributes = f' class="{kept}"' if kept else ""
        attributes += ' rel="tag"' if "hashtag" in classes else ""
        return f'<a href="{escape(href)}"{attributes}>{inside}</a>'


def _is_footnote(item: Tag) -> bool:
    return item.get("id").startswith("fn-") and item.parent is not None and item.parent.name == "ol"


def _is_cell(node: Node) -> TypeGuard[Tag]:
    return isinstance(node, Tag) and node.name in ("td", "th")


def _is_block(tag: Tag) -> bool:
    """Whether an element is a block, or an inline one that the author put blocks into."""
    return tag.name in _BLOCKS
