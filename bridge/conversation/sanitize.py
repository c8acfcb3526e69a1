"""HTML and names as strangers write them -> what a page of ours may show (security S88-S98).

The inbox and linkbacks call it before anything is stored; templates escape all the same.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterable

from bridge.conversation.comment_html import CommentWriter, TooDeep
from bridge.conversation.markup import BOUNDARIES, CONTAINERS, Start, Token, tokens, without_unwanted
from bridge.conversation.weblink import safe_url

__all__ = ["clean", "clean_and_text", "has_words", "plain", "safe_url", "text_of"]

#: Longest content that is read, in characters (S73).
LONGEST = 100_000

_TAG = re.compile(r"<[^<>]*>")
_BLANK_LINES = re.compile(r"\n\s*\n")
#: Spaces of every width, joiners, controls: what is there without being seen.
_UNSEEN = frozenset({"Zs", "Zl", "Zp", "Cf", "Cc"})
_JOINERS = "\u200c\u200d"  # Persian words and families of emoji are written with them


def clean(foreign: str) -> str:
    """The comment's HTML: only elements and attributes of our own list, links with their true host visible.

    Never raises. What cannot be parsed safely comes back as its plain text.
    """
    foreign = foreign[:LONGEST]
    stream = tokens(foreign)
    return _as_text(foreign) if stream is None else _written(foreign, stream)


def _written(foreign: str, stream: Iterable[Token]) -> str:
    writer = CommentWriter()
    try:
        for token in stream:
            writer.take(token)
        return writer.finished()
    except TooDeep:
        return _as_text(foreign[:LONGEST])


def clean_and_text(foreign: str) -> tuple[str, str]:
    """`clean` and `text_of` of the same HTML, which is read once for both."""
    stream = tokens(foreign[:LONGEST])
    if stream is None:
        return clean(foreign), text_of(foreign)
    kept = list(stream)
    return _written(foreign, kept), _lines(kept)


def text_of(markup: str) -> str:
    """The visible text of HTML, a line for each block; without addresses in attributes and our own host notes."""
    stream = tokens(markup[:LONGEST])
    if stream is None:
        return without_unwanted(html.unescape(_TAG.sub(" ", markup[:LONGEST]))).strip()
    return _lines(stream)


def _lines(stream: Iterable[Token]) -> str:
    pieces: list[str] = []
    noted = False
    for token in stream:
        if isinstance(token, str):
            pieces.append("" if noted else token)
        elif token.name == "small":
            noted = isinstance(token, Start)
        elif token.name in BOUNDARIES or token.name in CONTAINERS or token.name in ("br", "hr"):
            pieces.append("\n")
        elif isinstance(token, Start) and token.name == "img":
            pieces.append(html.escape(token.attributes.get("alt", "")))
    lines = html.unescape("".join(pieces)).split("\n")
    return "\n".join(line for line in (" ".join(line.split()) for line in lines) if line)


def has_words(text: str) -> bool:
    """Whether anything of it can be seen: an emoji can, spaces and joiners of every width cannot."""
    return any(unicodedata.category(character) not in _UNSEEN for character in text)


def plain(text: str, *, longest: int = 200) -> str:
    """A name or title in one line: NFC, no controls, no direction marks, no floods of marks, cut with "…".

    Empty when nothing of it could be seen.
    """
    short = unicodedata.normalize("NFC", text[: longest * 4])
    spaced = " ".join(without_unwanted(short).split())
    kept = "".join(each for each in spaced if each in _JOINERS or unicodedata.category(each) not in ("Cc", "Cf", "Cs"))
    if not any(unicodedata.category(each)[0] not in "ZCM" for each in kept):
        return ""
    kept = " ".join(kept.split())
    return kept if len(kept) <= longest else kept[: longest - 1].rstrip() + "…"


def _as_text(foreign: str) -> str:
    """What is left when markup is a trap: its words, escaped, in paragraphs."""
    words = html.unescape(_TAG.sub(" ", without_unwanted(foreign)))
    paragraphs = (" ".join(part.split()) for part in _BLANK_LINES.split(without_unwanted(words)))
    return "".join(f"<p>{html.escape(part, quote=False)}</p>" for part in paragraphs if part)
