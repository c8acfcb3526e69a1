"""The inline text of one block -> elements: emphasis, links, code, mentions, hashtags, line breaks.

`markdown_rules` calls it for every block that `markdown_blocks` left pending. One pass with a stack, as CommonMark's
appendix describes it, so that text of any shape takes linear time (S120). Its own rules are contract section 5:
a single `*` between two letters is a gender star and never emphasis, addresses are links, `#Word` is a hashtag and
`@user@host` a mention outside code, links and addresses, and no character of the author's is changed.
"""

from __future__ import annotations

import html
import re
from bisect import bisect_right
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass, field
from unicodedata import combining, normalize
from xml.etree.ElementTree import Element, SubElement

from bridge.issues.markdown_blocks import RAW, Reference
from bridge.issues.markdown_emphasis import Delimiter, Piece, Token, fill, with_emphasis
from bridge.issues.rendered import Hashtag, Mention

_SPECIAL = re.compile(r"[\\`*_~\[\]!<&@#\n]|https?://", re.IGNORECASE)
_ESCAPABLE = frozenset("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~")
_BACKTICKS = re.compile(r"`+")
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,31});")
_ANGLED = re.compile(
    r"<((?:https?|mailto):[^\s<>]{1,2000}|[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8})>", re.IGNORECASE
)
_TAG = re.compile(
    r"<(?:/[a-z][a-z0-9-]{0,30}\s{0,9}|([a-z][a-z0-9-]{0,30})"
    r"(?>\s{1,9}[a-z_:][\w.:-]{0,60}+(?>\s{0,9}=\s{0,9}(?:\"[^\"<]{0,2000}\"|'[^'<]{0,2000}'|[^\s\"'=<>`]{1,2000}))?+){0,20}+"
    r"\s{0,9}/?)>",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"https?://[^\s<>\"„“”«»‹›`\\]{1,2000}", re.IGNORECASE)
_MENTION = re.compile(r"@(\w{1,64}(?:[.-]\w{1,64}){0,8})@((?:[^\W_][\w-]{0,62}\.){1,8}[^\W\d_][\w-]{0,62}(?::\d{1,5})?|"
                      r"(?:localhost|\d{1,3}(?:\.\d{1,3}){3}|\[[0-9a-fA-F:]{2,45}\]):\d{1,5})(?![\w@])")  # fmt: skip
_HASHTAG = re.compile(r"#([\w\u0300-\u036f]{1,100})")
_DESTINATION = re.compile(
    r"\(\s{0,9}(?:<([^<>\n]{0,2000})>|((?:[^\s()\\]|\\.|\((?:[^\s()\\]|\\.){0,500}\)){0,2000}))"
    r"(?:\s{1,9}(?:\"((?:[^\"\\]|\\.){0,1000})\"|'((?:[^'\\]|\\.){0,1000})'|„([^“”]{0,1000})[“”]))?\s{0,9}\)"
)
_LABEL = re.compile(r"\[([^\[\]]{0,200})\]")
_FOOTNOTE = re.compile(r"\[\^([^\]\s]{1,100})\]")
#: Raw tags whose text is never searched for addresses, mentions and hashtags.
_QUIET = frozenset({"a", "code", "pre", "kbd", "samp", "script", "style"})


@dataclass(frozen=True, kw_only=True)
class Lookups:
    """What inline text refers to, and what was found in it. One for each document."""

    mention: Callable[[str], Mention | None]
    tag_url: Callable[[str], str]
    references: Mapping[str, Reference]
    footnotes: Container[str]
    mentions: list[Mention] = field(default_factory=list)
    hashtags: list[Hashtag] = field(default_factory=list)
    #: Footnotes that were referred to: their numbers, and their names in the order of the numbers.
    cited: dict[str, int] = field(default_factory=dict)
    cited_in_order: list[str] = field(default_factory=list)
    #: How often each footnote was referred to, so that every reference has an id of its own.
    citations: dict[str, int] = field(default_factory=dict)

    def number_of(self, footnote: str) -> int:
        """A footnote's number; a new one for a name that was not cited before."""
        if footnote not in self.cited:
            self.cited[footnote] = len(self.cited) + 1
            self.cited_in_order.append(footnote)
        return self.cited[footnote]


@dataclass(kw_only=True)
class _Bracket:
    """An open `[` or `![`, and where its text begins among the pieces."""

    at: int
    source: int
    image: bool


def read_inline(element: Element, text: str, lookups: Lookups) -> None:
    """Read `text` as inline Markdown into `element`, before any children it has."""
    reader = _Reader(text, lookups)
    reader.read()
    fill(element, with_emphasis(reader.pieces), reader.note)


class _Reader:
    def __init__(self, text: str, lookups: Lookups) -> None:
        self.text = text
        self.lookups = lookups
        self.pieces: list[Piece] = []
        self.brackets: list[_Bracket] = []
        self.quiet: list[str] = []
        self.ticks: dict[int, list[int]] | None = None
        self.comments_end = text.rfind("-->")

    def note(self, token: Token) -> None:
        """Remember a mention or hashtag that stayed one: inside a link text they are plain text."""
        if isinstance(token.found, Mention):
            self.lookups.mentions.append(token.found)
        elif isinstance(token.found, Hashtag):
            self.lookups.hashtags.append(token.found)

    def read(self) -> None:
        text, at = self.text, 0
        while match := _SPECIAL.search(text, at):
            begin = match.start()
            if begin > at:
                self.pieces.append(text[at:begin])
            at = self._special(begin)
        if at < len(text):
            self.pieces.append(text[at:])

    def _special(self, at: int) -> int:
        match self.text[at]:
            case "\\":
                return self._escape(at)
            case "`":
                return self._code(at)
            case "*" | "_" | "~":
                return self._delimiter(at)
            case "[":
                return self._open(at, image=False)
            case "!" if self.text.startswith("![", at):
                return self._open(at, image=True)
            case "]":
                return self._close(at)
            case "<":
                return self._angle(at)
            case "&":
                return self._entity(at)
            case "\n":
                return self._newline(at)
            case "@" | "#" | "h" | "H" if not self.quiet:
                return self._automatic(at)
            case _:
                return self._plain(at, at + 1)

    def _plain(self, begin: int, end: int) -> int:
        self.pieces.append(self.text[begin:end])
        return end

    def _escape(self, at: int) -> int:
        following = self.text[at + 1 : at + 2]
        if following == "\n":
            self.pieces.append(Token(Element("br"), "\n"))
            return at + 2
        if following in _ESCAPABLE and following:
            return self._plain(at + 1, at + 2)
        return self._plain(at, at + 1)

    def _newline(self, at: int) -> int:
        if at >= 2 and self.text[at - 2 : at] == "  " and self.pieces and isinstance(self.pieces[-1], str):
            self.pieces[-1] = self.pieces[-1].rstrip(" ")
            self.pieces.append(Token(Element("br"), "\n"))
            return at + 1
        return self._plain(at, at + 1)

    def _code(self, at: int) -> int:
        if self.ticks is None:
            self.ticks = {}
            for run in _BACKTICKS.finditer(self.text):
                self.ticks.setdefault(len(run[0]), []).append(run.start())
        opening = _BACKTICKS.match(self.text, at)
        assert opening is not None
        size, inside = len(opening[0]), opening.end()
        closings = self.ticks.get(size, [])
        later = bisect_right(closings, at)
        if later == len(closings):
            return self._plain(at, inside)
        content = self.text[inside : closings[later]].replace("\n", " ")
        if content.strip(" ") and content.startswith(" ") and content.endswith(" "):
            content = content[1:-1]
        code = Element("code")
        code.text = content
        self.pieces.append(Token(code, content))
        return closings[later] + size

    def _delimiter(self, at: int) -> int:
        text, mark, end = self.text, self.text[at], at
        while end < len(text) and text[end] == mark:
            end += 1
        before = text[at - 1] if at else " "
        after = text[end] if end < len(text) else " "
        left = not after.isspace() and (_is_word(after) or before.isspace() or not _is_word(before))
        right = not before.isspace() and (_is_word(before) or after.isspace() or not _is_word(after))
        inside_word = _is_word(before) and _is_word(after)
        # The gender star: `Freund*innen und Leser*innen` holds no emphasis, `*Freund*innen*` one.
        closed = (inside_word and (mark == "_" or (mark == "*" and end - at == 1))) or (mark == "~" and end - at != 2)
        if closed or not (left or right):
            return self._plain(at, end)
        if mark == "_":
            left, right = left and not (right and _is_word(before)), right and not (left and _is_word(after))
        self.pieces.append(Delimiter(mark=mark, size=end - at, opens=left, closes=right))
        return end

    def _open(self, at: int, *, image: bool) -> int:
        if not image and (match := _FOOTNOTE.match(self.text, at)) and match[1] in self.lookups.footnotes:
            self.pieces.append(self._citation(match[1]))
            return match.end()
        end = at + 2 if image else at + 1
        self.brackets.append(_Bracket(at=len(self.pieces), source=end, image=image))
        return self._plain(at, end)

    def _citation(self, name: str) -> Token:
        lookups = self.lookups
        number = lookups.number_of(name)
        lookups.citations[name] = count = lookups.citations.get(name, 0) + 1
        sup = Element("sup", {"id": f"fnref-{number}" if count == 1 else f"fnref-{number}-{count}"})
        SubElement(sup, "a", {"href": f"#fn-{number}", "class": "footnote-ref"}).text = str(number)
        return Token(sup, f"[{number}]", True)

    def _close(self, at: int) -> int:
        if not self.brackets:
            return self._plain(at, at + 1)
        bracket = self.brackets.pop()
        end, target = self._target(bracket, at)
        if target is None:
            return self._plain(at, at + 1)
        inner = self.pieces[bracket.at + 1 :]
        del self.pieces[bracket.at :]
        if bracket.image:
            alt = _plain_text(inner)
            image = Element("img", {"src": target.url, "alt": alt})
            if target.title:
                image.set("title", target.title)
            self.pieces.append(Token(image, alt))
            return end
        link = Element("a", {"href": target.url})
        if target.title:
            link.set("title", target.title)
        plain = [piece.source if isinstance(piece, Token) and piece.automatic else piece for piece in inner]
        fill(link, with_emphasis(plain), self.note)
        self.pieces.append(Token(link, "".join(link.itertext())))
        # No link inside a link: what was opened before this one can only be an image now.
        self.brackets = [opened for opened in self.brackets if opened.image]
        return end

    def _target(self, bracket: _Bracket, at: int) -> tuple[int, Reference | None]:
        """What a `]` links to, and where that ends; None when it is only a bracket."""
        if match := _DESTINATION.match(self.text, at + 1):
            angled, bare, *titles = match.groups()
            title = next((title for title in titles if title), "")
            return match.end(), Reference(url=_unescaped(angled or bare or ""), title=_unescaped(title))
        name, end = self.text[bracket.source : min(at, bracket.source + 201)], at + 1
        if (label := _LABEL.match(self.text, at + 1)) and (label[1] or name):
            name, end = label[1] or name, label.end()
        found = self.lookups.references.get(name.casefold())
        return (end, found) if found else (at + 1, None)

    def _angle(self, at: int) -> int:
        if match := _ANGLED.match(self.text, at):
            target = match[1]
            href = target if ":" in target else f"mailto:{target}"
            self._link(href, target.removeprefix("mailto:"), automatic=False)
            return match.end()
        if self.text.startswith("<!--", at) and self.comments_end >= at + 4:
            end = self.text.find("-->", at + 4)
            return end + 3 if end >= 0 else self._plain(at, at + 1)
        if match := _TAG.match(self.text, at):
            raw = Element(RAW)
            raw.text = match[0]
            self.pieces.append(Token(raw, ""))
            self._heed(match[0].lower(), (match[1] or "").lower())
            return match.end()
        return self._plain(at, at + 1)

    def _heed(self, tag: str, opened: str) -> None:
        if opened in _QUIET and not tag.endswith("/>"):
            self.quiet.append(opened)
        elif self.quiet and tag.startswith(f"</{self.quiet[-1]}"):
            self.quiet.pop()

    def _entity(self, at: int) -> int:
        if match := _ENTITY.match(self.text, at):
            self.pieces.append(html.unescape(match[0]))
            return match.end()
        return self._plain(at, at + 1)

    def _automatic(self, at: int) -> int:
        text = self.text
        before = text[at - 1] if at else " "
        if text[at] in "hH":
            match = _ADDRESS.match(text, at)
            address = _trimmed(match[0]) if match and not _is_word(before) else ""
            if not address.partition("://")[2]:
                return self._plain(at, at + 1)
            self._link(address, address, automatic=True)
            return at + len(address)
        if _is_word(before) or before in "/@#&.-=":
            return self._plain(at, at + 1)
        if text[at] == "@" and (match := _MENTION.match(text, at)):
            found = self.lookups.mention(match[0][1:])
            self.pieces.append(match[0] if found is None else Token(_card(match[1], found), match[0], found))
            return match.end()
        if text[at] == "#" and (match := _HASHTAG.match(text, at)) and not match[1].isdecimal():
            name = normalize("NFC", match[1])
            tag = Hashtag(name=name, href=self.lookups.tag_url(name))
            link = Element("a", {"href": tag.href, "class": "mention hashtag", "rel": "tag"})
            link.text = "#"
            SubElement(link, "span").text = match[1]
            self.pieces.append(Token(link, match[0], tag))
            return match.end()
        return self._plain(at, at + 1)

    def _link(self, href: str, shown: str, *, automatic: bool) -> None:
        link = Element("a", {"href": href})
        link.text = shown
        self.pieces.append(Token(link, shown, automatic or None))


def _plain_text(pieces: Sequence[Piece]) -> str:
    """What a picture's description says, without the marks of Markdown."""
    written = [piece.source if isinstance(piece, Token) and piece.automatic else piece for piece in pieces]
    element = Element("span")
    fill(element, with_emphasis(written), lambda _: None)
    for image in element.iter("img"):
        image.text = image.get("alt")
    return "".join(element.itertext())


def _is_word(character: str) -> bool:
    # Files from macOS may hold "ü" as "u" and a combining mark, which is a letter's part.
    return character.isalnum() or character == "_" or combining(character) > 0


def _unescaped(text: str) -> str:
    return html.unescape(re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", text))


def _trimmed(address: str) -> str:
    """An address without the punctuation of the sentence around it; a closing bracket stays if it was opened."""
    end = len(address)
    opened = {")": address.count("("), "]": address.count("[")}
    closed = {")": address.count(")"), "]": address.count("]")}
    while end:
        last = address[end - 1]
        if last in opened and closed[last] > opened[last]:
            closed[last] -= 1
        elif last not in "?!.,:;*_~'’‘‚…":
            break
        end -= 1
    return address[:end]


def _card(user: str, mention: Mention) -> Element:
    """The markup by which Mastodon, GoToSocial, Akkoma and Misskey know a mention (GtS internal/text/sanitize.go)."""
    card = Element("span", {"class": "h-card"})
    link = SubElement(card, "a", {"href": mention.url, "class": "u-url mention"})
    link.text = "@"
    SubElement(link, "span").text = user
    return card
