"""The shapes that a rendered issue is made of: what `render` gives to pages, feeds and the fediverse's documents."""

from __future__ import annotations

from dataclasses import dataclass

from bridge.terms import ActorId

#: What many servers show of one post at most.
MAX_PICTURES = 4


@dataclass(frozen=True, kw_only=True)
class Mention:
    """A person named in the text: `handle` as `user@host`, `url` the profile that people read."""

    handle: str
    actor_id: ActorId
    url: str


@dataclass(frozen=True, kw_only=True)
class Hashtag:
    """A hashtag without its `#`, and the blog's page for it."""

    name: str
    href: str


@dataclass(frozen=True, kw_only=True)
class Picture:
    """A picture in the text: `path` as the author wrote it, `url` where it is served; `title` is its caption."""

    path: str
    url: str
    alt: str
    title: str


@dataclass(frozen=True, kw_only=True)
class ServedPicture:
    """Where a picture is served, how large it is there, and its narrower copies as (address, width)."""

    url: str
    width: int | None = None
    height: int | None = None
    narrower: tuple[tuple[str, int], ...] = ()

    @property
    def srcset(self) -> str:
        """What a browser chooses from; "" where there is no choice."""
        if not self.narrower or self.width is None:
            return ""
        return ", ".join(f"{url} {width}w" for url, width in (*self.narrower, (self.url, self.width)))


@dataclass(frozen=True, kw_only=True)
class Fragment:
    """A piece of the issue as the fediverse gets it, and what stands in exactly this piece."""

    html: str
    text: str
    mentions: tuple[Mention, ...] = ()
    hashtags: tuple[Hashtag, ...] = ()
    pictures: tuple[Picture, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Section:
    """One reply of a thread. `key` is also the anchor on the page; `cut`: the post ends with a link to the rest."""

    key: str
    heading: str
    html: str
    text: str
    cut: bool
    mentions: tuple[Mention, ...] = ()
    hashtags: tuple[Hashtag, ...] = ()
    pictures: tuple[Picture, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Rendered:
    """An issue as pages and the fediverse get it.

    `page_html` holds everything, sanitised. `teaser` and `full` are federated HTML, which the fediverse's allow-lists
    keep; `sections` are a thread's replies, without what the teaser already says in full. `summary` is the teaser as
    sentences, for lists, feeds and cards, and `text` the whole issue as plain text; `links` are the addresses on other
    hosts, in order; `embeds` are the films, sounds and frames that became links; `words` counts the author's words.
    """

    page_html: str
    teaser: Fragment
    full: Fragment
    sections: tuple[Section, ...]
    text: str
    mentions: tuple[Mention, ...]
    hashtags: tuple[Hashtag, ...]
    pictures: tuple[Picture, ...]
    links: tuple[str, ...]
    words: int
    embeds: tuple[str, ...] = ()
    summary: str = ""

    @property
    def teaser_html(self) -> str:
        return self.teaser.html
