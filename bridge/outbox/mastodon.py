"""A post of ours -> what people see of it in Mastodon: its HTML after the sanitiser, its characters, its card.

`preview` shows it. The allow-list is data (`mastodon.json`, with its source), which the tests' oracle reads too.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from bs4 import BeautifulSoup
from bs4.element import Tag
from bs4.formatter import HTMLFormatter

from bridge.issues.html_tree import parse
from bridge.issues.page_html import text_of
from bridge.terms import Document

#: HTML as people write it: `<br>`, and no character turned into an entity that need not be.
_WRITTEN = HTMLFormatter(
    entity_substitution=lambda text: text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"),
    void_element_close_prefix=None,
)
_RULES = Path(__file__).parent / "mastodon.json"


@dataclass(frozen=True, kw_only=True)
class PostPicture:
    """A picture below the post."""

    url: str
    alt: str


@dataclass(frozen=True, kw_only=True)
class Post:
    """One post as a reader in Mastodon has it. `card` is the link that becomes the preview card, None: no card."""

    kind: str
    html: str
    text: str
    warning: str | None
    card: str | None
    pictures: tuple[PostPicture, ...]
    notifies: tuple[str, ...]
    listed: bool

    @property
    def characters(self) -> int:
        """Its length in characters as people count them."""
        return len(self.text)


def post_from(document: Document) -> Post:
    """The post that Mastodon makes of an object."""
    tags = [tag for tag in document.get("tag", ()) if tag.get("type") == "Mention"]
    is_note = document["type"] == "Note"
    html = after_sanitiser(document["content"] if is_note else _converted(document))
    soup = BeautifulSoup(html, "html.parser")
    pictures = tuple(
        PostPicture(url=one["url"], alt=one.get("name", ""))
        for one in document.get("attachment", ())
        if one.get("type") in ("Image", "Document")
    )
    return Post(
        kind=document["type"],
        html=html,
        text=text_of(parse(html).children),
        # Of what is not a Note the summary is shown as text.
        warning=document.get("summary") if is_note else None,
        card=None if pictures else _card(soup, {str(tag["href"]) for tag in tags}),
        pictures=pictures,
        notifies=tuple(tag["name"] for tag in tags),
        listed=any(to.endswith("#Public") for to in document["to"]),
    )


def after_sanitiser(html: str) -> str:
    """The HTML that is left: tags that are not on the list go and leave their text."""
    rules = _rules()
    soup = BeautifulSoup(html, "html.parser")
    for tag in list(soup.find_all(True)):
        if re.fullmatch("h[1-6]", tag.name):
            tag.name = "strong"
            tag.wrap(soup.new_tag("p"))
        if tag.name in ("script", "style"):
            tag.decompose()
        elif tag.name not in rules["tags"] or (tag.name == "a" and not _leads_somewhere(tag, rules)):
            tag.unwrap()
        else:
            tag.attrs = _attributes(tag, rules)
    return str(soup.decode(formatter=_WRITTEN))


def _converted(document: Document) -> str:
    """An Article is not shown: its name, its summary and its address are."""
    address = escape(str(document["url"]))
    summary = escape(str(document.get("summary") or ""), quote=False)
    return f'<h2>{escape(document["name"], quote=False)}</h2><p>{summary}</p><p><a href="{address}">{address}</a></p>'


def _card(soup: BeautifulSoup, mentioned: set[str]) -> str | None:
    """The first link that is neither a mention nor a hashtag."""
    for link in soup.find_all("a"):
        classes = " ".join(link.get("class") or [])
        rel = " ".join(link.get("rel") or [])
        href = str(link["href"])
        if not re.search("u-url|h-card|mention|hashtag", classes) and "tag" not in rel and href not in mentioned:
            return href
    return None


def _leads_somewhere(link: Tag, rules: Mapping[str, Any]) -> bool:
    try:
        return urlsplit(str(link.get("href", ""))).scheme.lower() in rules["schemes"]
    except ValueError:
        return False


def _attributes(tag: Tag, rules: Mapping[str, Any]) -> dict[str, Any]:
    allowed = {*rules["attributes"].get("*", ()), *rules["attributes"].get(tag.name, ())}
    kept: dict[str, Any] = {name: value for name, value in tag.attrs.items() if name in allowed}
    classes = [name for name in tag.get("class") or [] if any(re.search(one, name) for one in rules["classes"]["*"])]
    kept.pop("class", None)
    return kept | ({"class": classes} if classes and "class" in allowed else {})


@cache
def _rules() -> Mapping[str, Any]:
    rules: Mapping[str, Any] = json.loads(_RULES.read_text())
    return rules
