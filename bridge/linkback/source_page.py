"""A page that says it links to an issue -> whether it does, and what it says there; pure.

`verify` calls it (W3C Webmention 3.2.2). Only the very address that was sent counts (security S104).
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urljoin

from bridge.conversation import sanitize
from bridge.linkback.markup import End, Start, scan
from bridge.linkback.microformats import comparable

#: Elements whose attributes may hold the link (W3C Webmention 3.2.2: a, img, video and the like).
_LINKING = {
    "a": "href", "area": "href", "link": "href", "img": "src", "video": "src", "audio": "src", "source": "src",
    "iframe": "src", "embed": "src", "object": "data", "blockquote": "cite", "q": "cite",
}  # fmt: skip
_BLOCKS = frozenset(
    "p div li td th dd dt section article aside header footer main nav blockquote figure figcaption pre h1 h2 h3 h4 "
    "h5 h6 ul ol table tr body br hr".split()
)
#: Shown around the link, in characters on each side.
_AROUND = 140
_LONGEST_BLOCK = 20_000
#: The WHATWG's list under Python's names. Python knows more: a megabyte of "punycode" keeps it busy for minutes.
_CHARSET = re.compile(
    r"ascii|utf-8(-sig)?|utf-16(-[bl]e)?|iso8859-\d+|tis-620|cp(125\d|866|874|932|949)|koi8-[ru]|mac-(roman|cyrillic)|"
    r"gbk|gb2312|gb18030|big5(hkscs)?|euc_(jp|kr)|shift_jis|iso2022_jp"
)
_URL_SIGN = re.compile(r"[\w\-.~:/?#\[\]@!$&'()*+,;=%]")


@dataclass(frozen=True, kw_only=True)
class SourcePage:
    """What the page says of itself. `excerpts` holds each asked target that it links to, with the text around.

    `has_microformats` says that `microformats` is worth asking. `url` is where the page was found.
    """

    url: str
    title: str = ""
    site: str = ""
    author: str = ""
    language: str | None = None
    published: datetime | None = None
    has_microformats: bool = False
    excerpts: dict[str, str] = field(default_factory=dict)


def read_page(body: bytes, *, media_type: str, url: str, charset: str | None, targets: Iterable[str]) -> SourcePage:
    """Read the page for these targets. Never raises for whatever the page holds."""
    text = decoded(body, charset)
    wanted = {comparable(target): target for target in targets}
    if media_type == "application/json":
        return SourcePage(url=url, excerpts=dict.fromkeys(_in_json(text, wanted), ""))
    if media_type == "text/plain":
        return SourcePage(url=url, excerpts={t: "" for key, t in wanted.items() if _in_text(text, t)})
    return _Reader(url, wanted).read(text)


def decoded(body: bytes, charset: str | None) -> str:
    """The text of a body in the charset it names, if pages are written in it, else in UTF-8."""
    for name in (charset, "utf-8"):
        try:
            if name is not None and _CHARSET.fullmatch(codecs.lookup(name).name):
                return body.decode(name)
        except (LookupError, ValueError):
            continue
    return body.decode("utf-8", "replace")


def _in_json(text: str, wanted: dict[str, str]) -> Iterator[str]:
    """The targets that are a value anywhere in the document."""
    try:
        pending: list[Any] = [json.loads(text)]
    except (ValueError, RecursionError):
        return
    while pending:
        match pending.pop():
            case dict() as members:
                pending.extend(members.values())
            case list() as values:
                pending.extend(values)
            case str() as value if (found := wanted.get(comparable(value.strip()))) is not None:
                yield found


def _in_text(text: str, target: str) -> bool:
    """Whether the address stands in the text, and not as the beginning of a longer one."""
    place = text.find(target)
    while place >= 0:
        rest = text[place + len(target) : place + len(target) + 2]
        # A full stop or comma at the end of a sentence is none of the address.
        if not rest or not _URL_SIGN.match(rest) or (rest[0] in ".,;:!?)" and not _URL_SIGN.match(rest[1:])):
            return True
        place = text.find(target, place + 1)
    return False


class _Reader:
    """Goes through one HTML page once."""

    def __init__(self, url: str, wanted: dict[str, str]) -> None:
        self._url = url
        self._start = url
        self._wanted = wanted
        self._block: list[str] = []
        self._length = 0
        self._here: list[tuple[str, int]] = []
        self._excerpts: dict[str, str] = {}
        self._title = ""
        self._meta: dict[str, str] = {}
        self._language: str | None = None
        self._published: str = ""
        self._microformats = False

    def read(self, text: str) -> SourcePage:
        in_title = False
        for token in scan(text):
            if isinstance(token, str):
                if in_title:
                    self._title = self._title or token
                else:
                    self._say(token)
            elif isinstance(token, End):
                in_title = False
                if token.name in _BLOCKS:
                    self._end_block()
            else:
                in_title = token.name == "title"
                self._take(token)
        self._end_block()
        meta = self._meta.get
        published = meta("article:published_time") or meta("date") or meta("dc.date") or self._published
        return SourcePage(
            url=self._url,
            title=sanitize.plain(meta("og:title") or self._title),
            site=sanitize.plain(meta("og:site_name", ""), longest=80),
            author=sanitize.plain(meta("author", ""), longest=80),
            language=self._language,
            published=moment(published),
            has_microformats=self._microformats,
            excerpts=self._excerpts,
        )

    def _take(self, tag: Start) -> None:
        attributes = tag.attributes
        if tag.name in _BLOCKS:
            self._end_block()
        match tag.name:
            case "html":
                self._language = self._language or language_of(attributes.get("lang", ""))
            case "base" if self._start == self._url and "href" in attributes:
                self._start = _joined(self._url, attributes["href"])
            case "meta":
                name = attributes.get("property") or attributes.get("name") or ""
                self._meta.setdefault(name.lower()[:60], attributes.get("content", "")[:2_000])
            case "time" if not self._published:
                self._published = attributes.get("datetime", "")
        if not self._microformats:
            self._microformats = any(name in ("h-entry", "hentry", "h-cite") for name in tag.tokens("class"))
        holder = _LINKING.get(tag.name)
        if tag.name == "link" and not any(name.startswith("u-") for name in tag.tokens("class")):
            holder = None  # rel=canonical, alternate and the like are not words of the page; microformats are
        href = attributes.get(holder, "") if holder else ""
        found = self._wanted.get(comparable(_joined(self._start, href))) if href else None
        if found is not None:
            self._here.append((found, self._length))

    def _say(self, text: str) -> None:
        if self._length < _LONGEST_BLOCK:
            self._block.append(text)
            self._length += len(text)

    def _end_block(self) -> None:
        if self._here:
            text = "".join(self._block)
            for target, place in self._here:
                if not self._excerpts.get(target):
                    self._excerpts[target] = _around(text, min(place, len(text)))
        self._block, self._length, self._here = [], 0, []


def _around(text: str, place: int) -> str:
    """The words around a place, with "…" where more was said."""
    before, after = " ".join(text[:place].split()), " ".join(text[place:].split())
    if len(before) > _AROUND:
        before = "…" + before[-_AROUND:].partition(" ")[2]
    if len(after) > _AROUND * 2:
        after = after[: _AROUND * 2].rpartition(" ")[0] + "…"
    return sanitize.plain(f"{before} {after}", longest=_AROUND * 4)


def _joined(url: str, href: str) -> str:
    try:
        return urljoin(url, href.strip())
    except ValueError:
        return ""


def moment(text: str) -> datetime | None:
    """An ISO 8601 time that says its zone, else None."""
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return found if found.tzinfo is not None else None


def language_of(text: str) -> str | None:
    """A BCP 47 tag, else None."""
    return text if re.fullmatch(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,3}", text) else None
