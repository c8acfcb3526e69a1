"""An author's file -> `Issue`: what the pages, the outbox and the feeds know of it (contract section 5).

`read_issue` is called by everything that reads issue files: the hooks, `publish`, `lint` and `preview`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from bridge.terms import Slug

Format = Literal["note", "full", "thread", "article"]
Visibility = Literal["public", "unlisted"]
Attach = Literal["none", "cover", "all"]
Quotes = Literal["everyone", "followers", "nobody"]


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
