"""Sanitised HTML -> a tree of tags and texts, and back; `page_html` parses, `sections` and `fediverse_html` read it.

nh3 gives well-formed HTML (every tag closed, every attribute quoted), so a tree of it takes one pass and no parser of
the web's HTML. A text is a plain `str`. White space between tags is kept as one line's end or one space.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import unescape

_TOKEN = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)([^<>\"']*(?:\"[^\"]*\"[^<>\"']*|'[^']*'[^<>\"']*)*)>|([^<]+|<)")
_ATTRIBUTE = re.compile(r"""([^\s=/>"']+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'))?""")
_VOID = frozenset({"br", "col", "hr", "img", "wbr"})
#: Attributes that hold words.
_WORDS = frozenset({"class", "rel"})
#: What is read aloud beside a ruby's text is no part of it.
_BESIDE = frozenset({"rt", "rp"})
_SPACE = " \n\t\f\r"


class Tag:
    """An element. `children` are tags and texts; change them through the methods, which keep `parent` true."""

    __slots__ = ("attrs", "children", "name", "parent")

    def __init__(self, name: str, attrs: dict[str, str] | None = None) -> None:
        self.name = name
        self.attrs: dict[str, str] = attrs or {}
        self.children: list[Node] = []
        self.parent: Tag | None = None

    def get(self, name: str) -> str:
        """An attribute; "" where it is not."""
        return self.attrs.get(name, "")

    def words(self, name: str) -> list[str]:
        """The words of an attribute, such as the classes."""
        return self.attrs.get(name, "").split()

    def append(self, node: Node) -> None:
        """Put a node after the others."""
        if isinstance(node, Tag):
            node.parent = self
        self.children.append(node)

    def put_text(self, text: str) -> None:
        """Replace everything inside with a text."""
        self.children = [text]

    def replace_with(self, node: Node) -> None:
        """Put another node in this one's place."""
        if self.parent is None:
            raise ValueError("the root has no place")
        siblings = self.parent.children
        siblings[next(at for at, one in enumerate(siblings) if one is self)] = node
        if isinstance(node, Tag):
            node.parent = self.parent
        self.parent = None

    def tags(self, *names: str) -> list[Tag]:
        """All tags inside in the order of the text, or those of these names."""
        found: list[Tag] = []
        waiting = self.children[::-1]
        while waiting:
            node = waiting.pop()
            if isinstance(node, Tag):
                if not names or node.name in names:
                    found.append(node)
                if node.children:
                    waiting += node.children[::-1]
        return found

    def above(self, name: str) -> Tag | None:
        """The nearest tag of this name that it stands in."""
        tag = self.parent
        while tag is not None and tag.name != name:
            tag = tag.parent
        return tag

    def text(self) -> str:
        """All text inside as it is, except what is beside a ruby."""
        found: list[str] = []
        waiting = self.children[::-1]
        while waiting:
            node = waiting.pop()
            if isinstance(node, str):
                found.append(node)
            elif node.name not in _BESIDE:
                waiting += node.children[::-1]
        return "".join(found)

    def copy(self) -> Tag:
        """A copy of the tag with all that is inside, which is part of no tree."""
        twin = Tag(self.name, dict(self.attrs))
        for child in self.children:
            twin.append(child.copy() if isinstance(child, Tag) else child)
        return twin

    def html(self) -> str:
        """As HTML, without its own tag where it has no name: no character becomes an entity that need not."""
        parts: list[str] = []
        self._write(parts)
        return "".join(parts)

    def _write(self, parts: list[str]) -> None:
        if self.name:
            attributes = "".join(f" {name}={_quoted(value)}" for name, value in sorted(self.attrs.items()))
            parts.append(f"<{self.name}{attributes}>")
        for child in self.children:
            if isinstance(child, Tag):
                child._write(parts)
            else:
                parts.append(_escaped(child))
        if self.name and (self.children or self.name not in _VOID):
            parts.append(f"</{self.name}>")


Node = Tag | str


def parse(html: str) -> Tag:
    """The root, a tag without a name. Whatever the HTML is, it becomes some tree."""
    root = tag = Tag("")
    preformatted = 0
    for closing, name, attributes, text in _TOKEN.findall(html):
        if text:
            text = unescape(text) if "&" in text else text
            if not preformatted and not text.strip(_SPACE):
                text = "\n" if "\n" in text else " "
            if tag.children and isinstance(tag.children[-1], str):
                tag.children[-1] += text
            else:
                tag.children.append(text)
        elif not closing:
            new = Tag(name, _attributes(attributes) if attributes else None)
            tag.append(new)
            if name not in _VOID:
                tag = new
                preformatted += name == "pre"
        elif (opened := tag if tag.name == name else tag.above(name)) is not None and opened.parent is not None:
            while tag is not opened.parent and tag.parent is not None:
                preformatted -= tag.name == "pre"
                tag = tag.parent
    return root


def _attributes(written: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, double, single in _ATTRIBUTE.findall(written):
        value = double or single
        value = unescape(value) if "&" in value else value
        found[name] = " ".join(value.split()) if name in _WORDS else value
    return found


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _quoted(value: str) -> str:
    value = _escaped(value)
    if '"' not in value:
        return f'"{value}"'
    return f"'{value}'" if "'" not in value else '"' + value.replace('"', "&quot;") + '"'


def tags_of(nodes: Sequence[Node], name: str, *, word: str) -> list[Tag]:
    """The tags of this name and class inside of these nodes."""
    return [tag for node in nodes if isinstance(node, Tag) for tag in node.tags(name) if word in tag.words("class")]
