"""Text from strangers -> text that can be shown: no controls, no direction tricks, bounded.

Names, summaries and descriptions pass here once, when a document is parsed (security S74, S89). Markup in them is not
removed but stays visible as text; the pages escape it. Only `text_from_html` reads a value as HTML.
"""

from __future__ import annotations

import html
import re
import unicodedata

import nh3

# C0 and C1 except the white space, halves of surrogates, non-characters.
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
# Marks that turn the direction of what follows, and spaces without width. The joiners U+200C and U+200D stay: Persian
# and many emoji are written with them.
_DIRECTIONS = re.compile("[\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_MARKS = "\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f"
_TOO_MANY_MARKS = re.compile(f"([{_MARKS}]{{4}})[{_MARKS}]+")
_BLOCK_ENDS = re.compile(r"(</(?:p|div|li|blockquote|h[1-6])>|<br\b)", re.IGNORECASE)
# HTML beyond this is not looked at to find a short text in it.
_LONGEST_HTML = 20_000


def one_line(text: str, longest: int) -> str:
    """The text as one line of at most `longest` characters, NFC, without controls and direction marks."""
    return " ".join(several_lines(text, longest).split())


def several_lines(text: str, longest: int) -> str:
    """The text with its line breaks, at most `longest` characters, NFC, without controls and direction marks."""
    text = text[: longest * 2]  # before normalising, which a flood of combining marks makes slow
    if text.isascii() and text.isprintable():
        return text[:longest].strip()
    text = _DIRECTIONS.sub("", _CONTROLS.sub("", text))
    text = _TOO_MANY_MARKS.sub(r"\1", unicodedata.normalize("NFC", text))
    return text[:longest].strip()


def text_from_html(markup: str, longest: int) -> str:
    """What a reader sees of the HTML, blocks as lines, cleaned like `several_lines`."""
    if "<" not in markup and "&" not in markup:
        return several_lines(markup, longest)
    parted = _BLOCK_ENDS.sub(r"\n\1", markup[:_LONGEST_HTML])
    return several_lines(html.unescape(nh3.clean(parted, tags=set())), longest)


def without_controls(text: str) -> str:
    """The text without controls: for HTML, which the sanitiser judges later."""
    if text.isprintable():
        return text
    return _CONTROLS.sub("", text)
