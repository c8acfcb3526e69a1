"""Foreign HTML -> a stream of tags and texts that are known to be well-formed, or None if it is a trap.

`sanitize` and `writer` read the stream. nh3 does the parsing; it is quadratic in depth, so depth is judged before.
"""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

import nh3

#: Deeper nesting is not a letter but an attack (S95).
DEEPEST = 50
#: How much repeated formatting a parser may have to open again in later paragraphs.
_MOST_REOPENED = 20_000

_VOID = frozenset("br hr img wbr input col embed area source track link meta base param".split())
# These close each other by themselves, so unclosed ones make no depth.
_SELF_CLOSING = frozenset(("p", "li", "dd", "dt"))
_OPEN = re.compile(r"<[a-zA-Z]")
_ANY_TAG = re.compile(r"<(?=[a-zA-Z/!?])")
# A tag about which all parsers agree; anything else makes the whole text suspect.
_PLAIN_TAG = re.compile(
    r"<(/?)([a-zA-Z][a-zA-Z0-9-]*)((?:\s+[^\s\"'<>/=]+(?:=(?:\"[^\"]*\"|'[^']*'|[^\s\"'<>=`]+))?)*)\s*/?>"
)
_RAW_TEXT = frozenset("script style textarea title noscript iframe xmp noembed noframes plaintext svg math".split())

INLINE = frozenset(
    "a abbr b bdi bdo big cite code del dfn em font i ins kbd mark q rp rt ruby s samp small span strike strong sub "
    "sup time tt u var".split()
)
HEADINGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6"))
CONTAINERS = frozenset(("blockquote", "ul", "ol", "li", "pre"))
#: Blocks that mean no more to us than that a paragraph ends and another begins.
BOUNDARIES = HEADINGS | frozenset(
    "p div section article aside header footer main nav details summary figure figcaption dl dt dd address center "
    "table caption thead tbody tfoot tr td th hgroup form fieldset".split()
)
_KNOWN = INLINE | CONTAINERS | BOUNDARIES | {"br", "hr", "img"}

_CLEANER = nh3.Cleaner(
    tags=set(_KNOWN),
    clean_content_tags=set(
        "script style template noscript iframe object svg title textarea select option video audio canvas head".split()
    ),
    attributes={
        "*": {"class", "lang"},
        "a": {"href"},
        "img": {"alt"},
        "ol": {"start"},
        "li": {"value"},
    },
    generic_attribute_prefixes=None,
    link_rel=None,
    url_schemes={"http", "https", "mailto"},
)
_TAG = re.compile(r"<[^<>]*>")
_ANNOTATION = re.compile(r"<annotation\b([^<>]*)>([^<]*)</annotation>")
# What nh3 writes: attributes in double quotes, `<` and `>` of texts and values escaped.
_TOKEN = re.compile(r"<(/?)([a-z][a-z0-9]*)((?: [a-z-]+=\"[^\"]*\")*)>|([^<]+)")
_ATTRIBUTE = re.compile(r" ([a-z-]+)=\"([^\"]*)\"")

# C0 and C1 except white space, halves of surrogates, non-characters, and what turns the direction of later text.
_UNWANTED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")
_MARKS = "\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f"
_MARK = re.compile(f"[{_MARKS}]")
_TOO_MANY_MARKS = re.compile(f"([{_MARKS}]{{4}})[{_MARKS}]+")


@dataclass(frozen=True, slots=True)
class Start:
    """A tag opens. Values are plain text, not escaped."""

    name: str
    attributes: dict[str, str] = field(default_factory=dict)

    @property
    def classes(self) -> list[str]:
        return self.attributes.get("class", "").split()


@dataclass(frozen=True, slots=True)
class End:
    """A tag closes; br, hr and img never do."""

    name: str


Token = Start | End | str


def tokens(foreign: str) -> Iterator[Token] | None:
    """The known tags and the texts (still escaped) of foreign HTML, balanced; None for a trap (S94, S95)."""
    if "<math" in foreign:
        foreign = formulas_as_text(foreign)
    if is_trap(foreign):
        return None
    return _read(_CLEANER.clean(without_unwanted(foreign)), has_references="&" in foreign)


def formulas_as_text(foreign: str) -> str:
    """Each formula in MathML as the TeX that it carries, else as its letters; no browser of ours would show more.

    https://w3id.org/fep/dc88, and what Mastodon makes of it (mastodon/mastodon#27107). The parser would drop them.
    """
    pieces: list[str] = []
    place = 0
    while (start := foreign.find("<math", place)) != -1 and (end := foreign.find("</math>", start)) != -1:
        formula = foreign[start:end]
        carried = (one[2] for one in _ANNOTATION.finditer(formula) if "application/x-tex" in one[1])
        letters = next(carried, None) or " ".join(_TAG.sub(" ", formula).replace("<", " ").split())
        pieces += (foreign[place:start], letters)
        place = end + len("</math>")
    return "".join([*pieces, foreign[place:]])


def is_trap(foreign: str) -> bool:
    """Whether parsing this would be too deep or too much work. Errs on the side of yes for broken markup."""
    if len(_OPEN.findall(foreign)) <= DEEPEST:
        return False
    opened: Counter[str] = Counter()
    depth = reopened = place = 0
    while (found := _ANY_TAG.search(foreign, place)) is not None:
        tag = _PLAIN_TAG.match(foreign, found.start())
        if tag is None or tag[2].lower() in _RAW_TEXT:
            return True
        place, name = tag.end(), tag[2].lower()
        if name in _VOID:
            continue
        if name in _SELF_CLOSING:
            reopened += depth
        elif not tag[1]:
            opened[name] += 1
            depth += 1
        elif opened[name]:
            opened[name] -= 1
            depth -= 1
        if depth > DEEPEST or reopened > _MOST_REOPENED:
            return True
    return False


def without_unwanted(text: str) -> str:
    """The text without control characters, direction overrides and floods of combining marks (S72, S74)."""
    # Python calls none of the unwanted printable, so one look at most texts is enough.
    if text.isprintable() and (text.isascii() or _MARK.search(text) is None):
        return text
    return _TOO_MANY_MARKS.sub(r"\1", _UNWANTED.sub("", text))


def _read(clean: str, *, has_references: bool) -> Iterator[Token]:
    for found in _TOKEN.finditer(clean):
        if found[4] is not None:
            # Once more where nh3 decoded what may be a `&#x202e;`.
            yield without_unwanted(found[4]) if has_references else found[4]
        elif found[1]:
            yield End(found[2])
        else:
            named = _ATTRIBUTE.findall(found[3])
            yield Start(found[2], {name: without_unwanted(html.unescape(value)) for name, value in named})
