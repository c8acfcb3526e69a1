"""What a page says, by its microformats and by its plain HTML -> what an entry of ours shows of it; pure.

`verify` calls it. Nothing here is believed further than the page's own server can vouch for: a page may say that its
author is anybody, so a name leads to an address on another server only where that server is the page's own.
"""

from __future__ import annotations

import html
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from bridge.conversation import sanitize
from bridge.conversation.linkback import source_key
from bridge.conversation.weblink import safe_url, shown_host
from bridge.linkback.microformats import MarkedEntry, Said
from bridge.linkback.source_page import SourcePage, moment
from bridge.urls import origin_of, same_origin

_LONGEST_TEXT = 20_000
_LONGEST_TITLE = 200


@dataclass(frozen=True, kw_only=True)
class Spoken:
    """One page about one issue, sanitised. `claims_key` is of the address that it says is its original."""

    said: Said
    title: str
    site: str
    author: str
    author_url: str
    actor_id: str
    published: datetime | None
    language: str | None
    content_html: str
    text: str
    claims_key: str | None

    @property
    def reaction(self) -> Literal["like", "boost"] | None:
        """Whether it counts as a like or a boost and is not an entry."""
        reactions: dict[Said, Literal["like", "boost"]] = {"like": "like", "repost": "boost"}
        return reactions.get(self.said)

    def columns(self, *, kind: Literal["webmention", "pingback"], source: str) -> dict[str, Any]:
        """The columns of an entry that the page decides."""
        return {
            "kind": kind,
            "url": source,
            "actor_id": self.actor_id,
            "author_name": self.author if kind == "webmention" else self.titled,
            "author_handle": shown_host(source) if kind == "webmention" else "",
            "author_url": self.author_url if kind == "webmention" else source,
            "content_html": self.content_html,
            "text": self.text,
            "language": self.language,
            "published": self.published,
        }

    @property
    def titled(self) -> str:
        """`Title | Blog`, as blogs show a pingback."""
        if not self.title or self.title == self.site:
            return self.site
        folded, site = self.title.casefold(), self.site.casefold()
        if folded.endswith(site):
            # `Title – Blog` is how most blogs write their title element.
            bare = self.title[: len(self.title) - len(self.site)].rstrip(" |–—-·:»«")
            return f"{bare} | {self.site}" if bare else self.site
        return f"{self.title} | {self.site}"


def spoken_of(page: SourcePage, marked: MarkedEntry | None, *, source: str, target: str) -> Spoken:
    """Put together what the page says of the target. It must hold the link."""
    host = shown_host(source)
    excerpt = page.excerpts.get(target, "")
    name = sanitize.plain(marked.name) if marked else ""
    title = (name if _is_title(name, marked) else "") or page.title or name or host
    author = (sanitize.plain(marked.author_name, longest=80) if marked else "") or page.author or page.site or host
    author_url = _own(marked.author_url, source) if marked else None
    said = marked.said if marked else "mention"
    content = _content(said, marked, title if title != host else "", excerpt)
    claims = marked.url if marked and source_key(marked.url) != source_key(source) else ""
    return Spoken(
        said=said,
        title=title,
        site=page.site or host,
        author=author,
        author_url=author_url or source,
        actor_id=author_url or f"{origin_of(source)}/",
        published=(moment(marked.published) if marked else None) or page.published,
        language=page.language,
        content_html=content,
        text=f"{title}\n{author}\n{sanitize.text_of(content)}",
        claims_key=source_key(claims) if claims else None,
    )


def _content(said: Said, marked: MarkedEntry | None, title: str, excerpt: str) -> str:
    """A reply in its own words; of anything else its title and the words around the link."""
    if said == "reply" and marked is not None and marked.content_html:
        return sanitize.clean(marked.content_html[:_LONGEST_TEXT])
    heading = f"<p><strong>{html.escape(title, quote=False)}</strong></p>" if title else ""
    return heading + (f"<p>{html.escape(excerpt, quote=False)}</p>" if excerpt else "")


def _is_title(name: str, marked: MarkedEntry | None) -> bool:
    """Whether the entry's name is its title: that of a short note is often the note itself."""
    if not name or marked is None or len(name) > _LONGEST_TITLE:
        return False
    words = " ".join(sanitize.text_of(marked.content_html[:_LONGEST_TEXT]).split())
    return not words.startswith(" ".join(name.split()))


def _own(url: str, source: str) -> str | None:
    """The address if it is on the page's own origin."""
    safe = safe_url(url) if url else None
    return safe if safe is not None and same_origin(safe, source) else None
