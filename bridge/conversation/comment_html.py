"""A stream of known tags -> the HTML of a comment: paragraphs, lists, quotations, code, emphasis, honest links.

`sanitize.clean` drives it. Headings, tables and divisions of other servers become paragraphs; everything is opened
only when there is text for it, so nothing empty is left.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field

from bridge.conversation.markup import BOUNDARIES, CONTAINERS, DEEPEST, HEADINGS, End, Start, Token
from bridge.conversation.weblink import names_host, safe_url, shown_host

#: What `rel` every link in a comment gets (S96).
REL = "nofollow ugc noopener noreferrer"

_INLINE_AS = {
    "b": "strong", "strong": "strong", "i": "em", "em": "em", "var": "em", "dfn": "em",
    "s": "del", "strike": "del", "del": "del", "ins": "ins", "u": "u", "q": "q", "cite": "cite",
    "code": "code", "kbd": "code", "samp": "code", "tt": "code",
    "sub": "sub", "sup": "sup", "ruby": "ruby", "rt": "rt", "rp": "rp",
}  # fmt: skip
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8}){0,3}")
_NUMBER = re.compile(r"-?\d{1,6}")
_SPACES = re.compile(r"[ \t\r\n]+")
_LEADING_MENTION = re.compile(r"@\w[\w.-]*(?:@[\w.-]+)?")


class TooDeep(Exception):
    """The comment nests deeper than a page can show."""


@dataclass(slots=True)
class _Open:
    """An element that the source has opened; `place` is where its tag stands in the output, once it does."""

    source: str
    name: str
    tag: str
    place: int | None = None
    href: str = ""
    text: list[str] = field(default_factory=list)
    wrote: bool = False


class CommentWriter:
    """Takes tokens one by one; `finished()` gives the HTML."""

    def __init__(self) -> None:
        self._out: list[str] = []
        self._blocks: list[_Open] = []
        self._inlines: list[_Open] = []
        self._skipping = 0
        self._run: str | None = None  #: the tag around the running text: "p", "" for none, None outside text
        self._wrapped = False  #: the source opened a paragraph here, so also a list item gets one
        self._space = False
        self._breaks = 0
        self._leading = True  #: so far only mentions were written
        self._cells = 0

    def take(self, token: Token) -> None:
        """Add one token. Raises TooDeep."""
        if self._skipping:
            self._skip(token)
        elif isinstance(token, str):
            self._text(token)
        elif isinstance(token, Start):
            self._start(token)
        else:
            self._end(token.name)

    def finished(self) -> str:
        """The comment's HTML."""
        self._end_run()
        while self._blocks:
            self._close_block()
        return "".join(self._out)

    # --- the stream

    def _skip(self, token: Token) -> None:
        if isinstance(token, Start) and token.name not in ("br", "hr", "img"):
            self._skipping += 1
        elif isinstance(token, End):
            self._skipping -= 1

    def _start(self, token: Start) -> None:
        name = token.name
        if name == "br":
            self._break()
        elif name == "img":
            self._text(html.escape(token.attributes.get("alt", ""), quote=False))
        elif name == "hr":
            self._rule()
        elif "quote-inline" in token.classes:
            self._skipping = 1  # "RE: address" for servers that cannot show a quoted post
        elif name in CONTAINERS:
            self._open_block(token)
        elif name in BOUNDARIES:
            self._boundary(name)
        else:
            self._open_inline(token)

    def _end(self, name: str) -> None:
        if name in CONTAINERS:
            self._end_container(name)
        elif name in BOUNDARIES:
            if self._in_pre():
                self._break()
            elif name not in ("td", "th"):
                self._end_run()
                self._wrapped = False
            if name in HEADINGS:
                self._close_inline()
        else:
            self._close_inline()

    # --- blocks

    def _open_block(self, token: Start) -> None:
        self._end_run()
        self._wrapped = False
        if self._in_list() and token.name != "li":
            self._push(_Open("", "li", "<li>"))
        is_item = token.name == "li"
        if is_item and self._in_list() is False:
            self._push(_Open("li", "", ""))  # an item outside a list is a paragraph
            return
        self._push(_Open(token.name, token.name, _block_tag(token)))

    def _push(self, block: _Open) -> None:
        self._blocks.append(block)
        self._judge_depth()

    def _end_container(self, source: str) -> None:
        self._end_run()
        self._wrapped = False
        while self._blocks:
            closed = self._blocks[-1].source
            self._close_block()
            if closed == source:
                return

    def _close_block(self) -> None:
        block = self._blocks.pop()
        if block.place is not None and block.name:
            self._out.append(f"</{block.name}>")

    def _in_list(self) -> bool:
        return bool(self._blocks) and self._blocks[-1].name in ("ul", "ol")

    def _boundary(self, name: str) -> None:
        if name in ("td", "th"):
            self._cells += 1
            if self._cells > 1:
                self._text(" · ")
            return
        self._cells = 0
        if self._in_pre():
            self._break()
        else:
            self._end_run()
            self._wrapped = True
        if name in HEADINGS:
            self._inlines.append(_Open(name, "strong", "<strong>"))
            self._judge_depth()

    def _rule(self) -> None:
        self._end_run()
        self._wrapped = True
        self._text("* * *")
        self._end_run()

    def _in_pre(self) -> bool:
        return any(block.name == "pre" for block in self._blocks)

    # --- running text

    def _text(self, escaped: str) -> None:
        if self._in_pre():
            self._write(escaped if self._run is not None else escaped.lstrip("\n"))
            return
        words = _with_single_spaces(escaped)
        core = words.strip(" ")
        if words.startswith(" ") and self._run is not None:
            self._space = True
        if core:
            self._write(core)
            self._space = words.endswith(" ")

    def _break(self) -> None:
        if self._in_pre():
            if self._run is not None:
                self._write("\n")
        elif self._run is not None:
            self._breaks += 1
            self._space = False

    def _write(self, escaped: str) -> None:
        if not escaped:
            return
        link = self._link()
        if link is not None:
            link.text.append(html.unescape((" " if self._space else "") + escaped))
        elif escaped.strip():
            self._leading = False
        self._begin_run()
        if self._breaks:
            self._out.append("<br>" * min(self._breaks, 2))
        elif self._space:
            self._out.append(" ")
        self._breaks, self._space = 0, False
        for inline in self._inlines:
            if inline.place is None:
                inline.place = len(self._out)
                inline.wrote = True
                self._out.append(inline.tag)
        self._out.append(escaped)

    def _begin_run(self) -> None:
        if self._run is not None:
            return
        if self._in_list():
            self._push(_Open("", "li", "<li>"))
        for block in self._blocks:
            if block.place is None:
                block.place = len(self._out)
                self._out.append(block.tag)
        innermost = next((block.name for block in reversed(self._blocks) if block.name), "")
        bare = innermost == "pre" or (innermost == "li" and not self._wrapped)
        self._run = "" if bare else "p"
        if self._run:
            self._out.append("<p>")

    def _end_run(self) -> None:
        if self._run is None:
            return
        for inline in reversed(self._inlines):
            if inline.place is not None:
                self._close_tag(inline)
                inline.place = None
        if self._run:
            self._out.append("</p>")
        self._run, self._space, self._breaks = None, False, 0

    # --- what stands in running text

    def _open_inline(self, token: Start) -> None:
        name, tag, href = "", "", ""
        if token.name == "a":
            href = safe_url(token.attributes.get("href", ""), mail=True) or ""
            nested = self._link() is not None
            if href and not nested:
                name, tag = "a", f'<a href="{html.escape(href)}" rel="{REL}">'
            else:
                href = ""
        elif token.name in _INLINE_AS:
            name = _INLINE_AS[token.name]
            tag = f"<{name}>"
        elif _LANGUAGE.fullmatch(token.attributes.get("lang", "")):
            name, tag = "span", f'<span lang="{token.attributes["lang"]}">'
        self._inlines.append(_Open(token.name, name, tag, href=href))
        self._judge_depth()

    def _close_inline(self) -> None:
        inline = self._inlines[-1]
        if inline.href and not inline.wrote:
            self._write(html.escape(shown_host(inline.href)))  # around a picture without a description
        if inline.place is not None:
            self._close_tag(inline)
        self._inlines.pop()

    def _close_tag(self, inline: _Open) -> None:
        if not inline.href:
            self._out.append(f"</{inline.name}>" if inline.name else "")
            return
        text = "".join(inline.text)
        inline.text.clear()
        if self._leading and inline.place is not None and _LEADING_MENTION.fullmatch(text.strip()):
            self._out[inline.place] = ""  # whom a reply is for: words, not a link
            return
        self._leading = False
        if not names_host(text, inline.href):
            # The reader sees where a link leads, whatever it calls itself (S92).
            self._out.append(f" <small>({html.escape(shown_host(inline.href))})</small>")
        self._out.append("</a>")

    def _link(self) -> _Open | None:
        return next((inline for inline in self._inlines if inline.href), None)

    def _judge_depth(self) -> None:
        if len(self._blocks) + len(self._inlines) > DEEPEST:
            raise TooDeep


def _with_single_spaces(text: str) -> str:
    """Runs of white space as one space. Most texts have none, which four looks tell sooner than the expression."""
    if "  " in text or "\n" in text or "\t" in text or "\r" in text:
        return _SPACES.sub(" ", text)
    return text


def _block_tag(token: Start) -> str:
    attributes = ""
    start, value = token.attributes.get("start", ""), token.attributes.get("value", "")
    if token.name == "ol" and _NUMBER.fullmatch(start):
        attributes = f' start="{int(start)}"'
    elif token.name == "li" and _NUMBER.fullmatch(value):
        attributes = f' value="{int(value)}"'
    language = token.attributes.get("lang", "")
    if _LANGUAGE.fullmatch(language):
        attributes += f' lang="{language}"'
    return f"<{token.name}{attributes}>"
