"""An author's file -> `Issue`: what the pages, the outbox and the feeds know of it (contract section 5).

`read_issue` is called by everything that reads issue files: the hooks, `publish`, `lint` and `preview`.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from difflib import get_close_matches
from types import MappingProxyType
from typing import Literal, get_args
from urllib.parse import unquote
from zoneinfo import ZoneInfo

from bridge.errors import Fault, IssueFaults
from bridge.issues.front_matter import read_front_matter
from bridge.issues.notation import Scalar, shown
from bridge.issues.values import Values
from bridge.terms import Slug

Format = Literal["note", "full", "thread", "article"]
Visibility = Literal["public", "unlisted"]
Attach = Literal["none", "cover", "all"]
Quotes = Literal["everyone", "followers", "nobody"]

MOST_TITLE = 500  #: characters, as the lengths below
MOST_TEASER = 5000
MOST_ALT = 1500  #: what Mastodon keeps of a picture's description
MOST_SLUG = 100
MOST_TAG = 100


@dataclass(frozen=True, kw_only=True)
class Issue:
    """One issue as its author wrote it, judged whole: every value is of its type and within its range."""

    path: str  #: below the issues folder: `24.md` or `24/index.md`
    slug: Slug
    title: str
    body: str  #: Markdown, lines end with "\n"; no character of the author's is changed
    body_line: int = 1  #: the line of the file on which `body` begins
    digest: str = ""  #: sha256 over the file and its pictures: the same digest, the same issue
    number: int | None = None
    date: datetime | None = None  #: None: when first published
    updated: datetime | None = None
    language: str = "en"
    teaser: str | None = None  #: Markdown
    tags: tuple[str, ...] = ()  #: as written, without `#`; making a hashtag of one is rendering
    cover: str | None = None  #: a picture's name, relative to the issue's folder
    cover_alt: str | None = None
    attach: Attach = "none"
    draft: bool = False
    format: Format = "note"
    max_sections: int = 8
    visibility: Visibility = "public"
    content_warning: str | None = None
    comments: bool = True
    comments_until: datetime | None = None
    quotes: Quotes = "everyone"
    canonical_url: str | None = None
    syndication: tuple[str, ...] = ()
    federate: bool | Literal["now"] = True  #: "now" also tells of an old file that is imported in bulk
    linkbacks: bool = True
    lines: Mapping[str, int] = field(default_factory=dict, compare=False)  #: key -> its line, for later faults


def read_issue(
    path: str,
    raw: bytes,
    *,
    language: str,
    default_format: Format,
    timezone: ZoneInfo,
    pictures: Mapping[str, str] = MappingProxyType({}),
) -> tuple[Issue, list[Fault]]:
    """Judge one file whole. The list are warnings; raises IssueFaults with all faults of the file.

    `language`, `default_format` and `timezone` are the blog's. `pictures` are the names of the issue's pictures with
    an id of their content (`source.IssueFile.pictures`); they are part of the digest.
    """
    matter = read_front_matter(path, raw)
    values = Values(path, matter.entries, timezone)
    _warn_of_unknown_keys(values)
    _warn_of_comments(values)
    title = values.text("title", most=MOST_TITLE)
    if title is None and not values.faults:
        values.faults.append(
            Fault(path, values.line("title") or 1, 'title is missing. Add a line such as "title: News"')
        )
    federate = values.flag_or_now("federate")
    cover = _picture_name(values, "cover")
    issue = Issue(
        path=path,
        slug=_slug(values),
        title=title or "",
        body=matter.body,
        body_line=matter.body_line,
        digest=digest(raw, pictures),
        number=values.number("number", range(1_000_000)),
        date=values.moment("date"),
        updated=values.moment("updated"),
        language=_language(values, language),
        teaser=values.text("teaser", most=MOST_TEASER, lines=True),
        tags=_tags(values),
        cover=cover,
        cover_alt=values.text("cover_alt", most=MOST_ALT),
        attach=values.choice("attach", get_args(Attach), "none"),
        draft=values.flag("draft", False),
        format=values.choice("format", get_args(Format), default_format),
        max_sections=values.number("max_sections", range(1, 51)) or 8,
        visibility=values.choice("visibility", get_args(Visibility), "public"),
        content_warning=values.text("content_warning", most=MOST_TITLE),
        comments=values.flag("comments", True),
        comments_until=values.moment("comments_until", end_of_day=True),
        quotes=values.choice("quotes", get_args(Quotes), "everyone"),
        canonical_url=values.url("canonical_url"),
        syndication=values.urls("syndication", most=20),
        federate="now" if federate is None else federate,
        linkbacks=values.flag("linkbacks", True),
        lines={key: entry.line for key, entry in matter.entries.items()},
    )
    if values.faults:
        raise IssueFaults(sorted(values.faults, key=lambda fault: fault.line or 0))
    return issue, values.warnings


def digest(raw: bytes, pictures: Mapping[str, str] = MappingProxyType({})) -> str:
    """Name the content of an issue: its file's bytes and, by the ids of their content, its pictures."""
    whole = hashlib.sha256(raw)
    for name, content in sorted(pictures.items()):
        whole.update(f"\0{name}\0{content}".encode())
    return whole.hexdigest()


def slug_from_name(path: str) -> str:
    """`2024-08-05-weird.md` -> `weird`, `24/index.md` -> `24`, `Über uns.md` -> `ueber-uns`; may be empty."""
    folder, _, name = path.rpartition("/")
    stem = folder.rpartition("/")[2] if folder and name.lower() == "index.md" else _ENDING.sub("", name)
    return slugified(_LEADING_DATE.sub("", stem) or stem)


def slugified(text: str) -> str:
    """The text in the letters of a slug, German umlauts as Germans spell them out; may be empty."""
    # NFC first: macOS keeps "ü" in file names as "u" and two dots.
    letters = unicodedata.normalize("NFC", text).lower().translate(_SPELLED_OUT)
    plain = unicodedata.normalize("NFKD", letters).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:MOST_SLUG].strip("-")


def _warn_of_unknown_keys(values: Values) -> None:
    for key, entry in values.entries.items():
        if key not in KEYS:
            near = get_close_matches(key, KEYS, n=1)
            meant = f'. Is "{near[0]}" meant?' if near else ""
            values.warn(key, f"The key {shown(entry.name)} is unknown and does nothing{meant}")


def _warn_of_comments(values: Values) -> None:
    for key in ("title", "teaser", "tags", "cover_alt", "content_warning"):
        entry = values.entries.get(key)
        if entry and isinstance(entry.value, Scalar) and entry.value.cut_off:
            reason = f'YAML takes what follows " #" as a comment, so it is no part of {key}. Put the value in quotes'
            if entry.value.is_empty:
                values.refuse(key, reason)
            else:
                values.warn(key, reason)


def _slug(values: Values) -> Slug:
    written = values.text("slug", most=MOST_SLUG)
    if written is not None:
        if not re.fullmatch(r"[a-z0-9-]+", written):
            better = slugified(written)
            meant = f", such as {better}" if better else ""
            reason = f"slug may hold only a-z, 0-9 and hyphens{meant}; it is {shown(written)}"
            values.refuse("slug", reason)
        return Slug(written)
    found = slug_from_name(values.path)
    if not found:
        reason = 'No address can be made of the file\'s name. Add a line such as "slug: my-first-letter"'
        values.faults.append(Fault(values.path, values.line("slug") or 1, reason))
    return Slug(found)


def _language(values: Values, default: str) -> str:
    written = values.text("language", most=35)
    if written is None:
        return default
    if not _LANGUAGE.fullmatch(written):
        meant = f"such as {written.replace('_', '-')}" if "_" in written else "such as de or en-GB"
        values.refuse("language", f"language must be a language tag (BCP 47), {meant}; it is {shown(written)}")
        return default
    first, *others = written.split("-")
    # RFC 5646 2.1.1: the customary case of each part, by its length.
    customary = {2: str.upper, 4: str.title}
    return "-".join([first.lower(), *(customary.get(len(part), str.lower)(part) for part in others)])


def _tags(values: Values) -> tuple[str, ...]:
    tags: dict[str, str] = {}
    for text, line in values.texts("tags", most=50):
        tag = text.removeprefix("#").strip()
        if len(tag) > MOST_TAG:
            values.faults.append(Fault(values.path, line, f"A tag has over {MOST_TAG} characters. Shorten it"))
        elif tag:
            tags.setdefault(tag.casefold(), tag)
    return tuple(tags.values())


def _picture_name(values: Values, key: str) -> str | None:
    written = values.text(key, most=500)
    if written is None:
        return None
    name = picture_name(written)
    if name is None:
        reason = f"{key} must be the name of a picture beside the file, such as cover.jpg; it is {shown(written)}"
        values.refuse(key, reason)
    return name


def picture_name(written: str) -> str | None:
    """The name of a picture below the issue's own folder, tidied; None for anything that leads elsewhere (S118)."""
    if "\\" in written or ":" in written or not written.isprintable():
        return None
    parts = [part for part in written.split("/") if part != "."]
    if not parts or any(part in ("", "..") or part[0] in "._" for part in parts):
        return None
    return unicodedata.normalize("NFC", "/".join(parts))


def picture_in_text(address: str) -> str | None:
    """The same for a picture's address in Markdown, where a blank is `%20`."""
    return picture_name(unquote(address.partition("#")[0].partition("?")[0]))


_ENDING = re.compile(r"\.md$", re.IGNORECASE)
_LEADING_DATE = re.compile(r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[-_ ]*")
_LANGUAGE = re.compile(
    r"[A-Za-z]{2,3}(?:-[A-Za-z]{4})?(?:-(?:[A-Za-z]{2}|[0-9]{3}))?(?:-(?:[A-Za-z0-9]{5,8}|[0-9][A-Za-z0-9]{3}))*"
)
_SPELLED_OUT = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "æ": "ae", "ø": "oe", "œ": "oe", "ł": "l"})

#: What an author may write, in the order of the documentation.
KEYS = tuple(
    name for name in Issue.__dataclass_fields__ if name not in ("path", "body", "body_line", "digest", "lines")
)
