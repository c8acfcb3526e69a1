"""Plain values -> feeds and the site's lists for machines: Atom (RFC 4287), RSS 2.0, JSON Feed 1.1, sitemap.

`feeds` gathers the values. XML comes out of Jinja with everything escaped, JSON out of a serialiser; characters that
XML does not allow are dropped from both (S98).
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from bridge.clock import http_time, wire_time
from bridge.conversation.comment import COVER, Entry, body_html, shown_time
from bridge.conversation.weblink import web_only
from bridge.web.theme import Templates
from bridge.web.view import BlogView, IssueView
from bridge.web.words import Words

#: What XML 1.0 has no way to write (section 2.2), with the surrogates that no UTF-8 has.
_NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_TAG = re.compile(r'<[a-zA-Z][^<>"]*(?:"[^"]*"[^<>"]*)*>')
_ADDRESS = re.compile(r'(\s(?:href|src|cite)=")([#/][^"]*)"')


@dataclass(frozen=True, kw_only=True)
class FeedItem:
    """An issue in a feed. `id` never changes, not even with the issue's slug; `since` is when the feed last changed
    with it, whatever dates its author gave it.
    """

    id: str
    issue: IssueView
    since: datetime | None = None

    @property
    def changed(self) -> datetime:
        return max(self.issue.updated or self.issue.published, self.issue.published)


@dataclass(frozen=True, kw_only=True)
class FeedComment:
    """A comment in the feed of its issue."""

    id: str
    name: str
    author_url: str
    url: str
    language: str | None
    published: datetime
    changed: datetime
    content_html: str


def item_id(blog_url: str, since: datetime, issue_id: int) -> str:
    """A tag URI (RFC 4151): ours for good, and no address that anybody could ask for."""
    return f"tag:{urlsplit(blog_url).hostname},{since:%Y-%m-%d}:issue/{issue_id}"


def render_atom(templates: Templates, blog: BlogView, items: Sequence[FeedItem], *, since: datetime) -> str:
    """The blog's issues. `since` is when the blog began, for a feed without any."""
    return _xml(templates, "atom.xml", blog, items=_with_content(templates, blog, items), changed=_newest(items, since))


def render_rss(templates: Templates, blog: BlogView, items: Sequence[FeedItem], *, since: datetime) -> str:
    """The same for readers that know RSS only."""
    shown = _with_content(templates, blog, items)
    return _xml(templates, "rss.xml", blog, items=shown, changed=_newest(items, since), http_time=http_time)


def render_comments(
    templates: Templates, blog: BlogView, item: FeedItem, comments: Sequence[FeedComment], *, closed: bool
) -> str:
    """What strangers may read below an issue, newest first."""
    changed = max([item.changed, *(comment.changed for comment in comments)])
    return _xml(templates, "comments.xml", blog, item=item, comments=comments, changed=changed, closed=closed)


def render_sitemap(templates: Templates, blog: BlogView, items: Sequence[FeedItem]) -> str:
    """The pages that search engines may show."""
    return _xml(templates, "sitemap.xml", blog, items=items)


def json_feed(templates: Templates, blog: BlogView, items: Sequence[FeedItem]) -> bytes:
    """JSON Feed 1.1."""
    document: dict[str, Any] = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": blog.title,
        "home_page_url": f"{blog.url}/",
        "feed_url": f"{blog.url}/feed.json",
        "language": blog.language,
        "authors": [_author(blog)],
    }
    if blog.description:
        document["description"] = blog.description
    if blog.icon:
        document["icon"] = blog.icon
    document["items"] = [_json_item(item, content) for item, content in _with_content(templates, blog, items)]
    return _allowed(json.dumps(document, ensure_ascii=False, indent=1)).encode()


def comment_from(entry: Entry, blog: BlogView, item: FeedItem, *, now: datetime, cover: str = COVER) -> FeedComment:
    """A shown comment as its feed has it; an edit of the future was made now."""
    issue = item.issue
    said = shown_time(entry, since=issue.published)
    name = entry.author.name or entry.author.handle if entry.author else ""
    return FeedComment(
        id=f"{item.id}/comment/{entry.id}",
        name=name or entry.url,
        author_url=web_only(entry.author.url if entry.author else ""),
        url=f"{issue.url}#c-{entry.id}",
        language=entry.language,
        published=said,
        changed=max(said, min(entry.updated, now)) if entry.updated else said,
        content_html=absolute(body_html(entry, cover=cover), page_url=issue.url, origin=blog.url),
    )


def absolute(text: str, *, page_url: str, origin: str) -> str:
    """HTML of ours with every address whole: a feed reader does not know where it came from."""

    def whole(found: re.Match[str]) -> str:
        before, address = found.groups()
        return f'{before}{html.escape(page_url if address[0] == "#" else origin)}{address}"'

    return _TAG.sub(lambda tag: _ADDRESS.sub(whole, tag[0]), text)


def _json_item(item: FeedItem, content: str) -> dict[str, Any]:
    issue = item.issue
    shown: dict[str, Any] = {
        "id": item.id,
        "url": issue.url,
        "title": issue.title,
        "content_html": content,
        "date_published": wire_time(issue.published),
        "date_modified": wire_time(item.changed),
        "language": issue.language,
        "tags": [tag.name for tag in issue.tags],
    }
    if issue.canonical_url:
        shown["external_url"] = issue.canonical_url
    if issue.teaser and not issue.content_warning:
        shown["summary"] = issue.teaser
    if issue.cover and not issue.content_warning:
        shown["image"] = issue.cover.src
    return shown


def _author(blog: BlogView) -> dict[str, str]:
    return {"name": blog.title, "url": f"{blog.url}/"} | ({"avatar": blog.icon} if blog.icon else {})


def _with_content(templates: Templates, blog: BlogView, items: Sequence[FeedItem]) -> list[tuple[FeedItem, str]]:
    words = templates.words(blog.language, blog.timezone)
    return [(item, _content(item.issue, blog, words)) for item in items]


def _content(issue: IssueView, blog: BlogView, words: Words) -> str:
    """The whole issue; behind a content warning folded, as on its page."""
    body = absolute(issue.body_html, page_url=issue.url, origin=blog.url)
    if issue.cover and issue.cover.src not in body:
        src, alt = html.escape(issue.cover.src), html.escape(issue.cover.alt)
        body = f'<p><img src="{src}" alt="{alt}"></p>\n{body}'
    if (
        words.direction(issue.language) == "rtl"
    ):  # feed readers know the language of an entry and set it from left to right
        body = f'<div dir="rtl">\n{body}\n</div>'
    if not issue.content_warning:
        return body
    warning = html.escape(f"{words.say('Content warning:')} {issue.content_warning}")
    return f"<details><summary>{warning}</summary>\n{body}\n</details>"


def _xml(templates: Templates, name: str, blog: BlogView, **values: object) -> str:
    words = templates.words(blog.language, blog.timezone)
    return _allowed(templates.render(name, words=words, blog=blog, **values))


def _allowed(text: str) -> str:
    return _NO_XML.sub("", text)


def _newest(items: Sequence[FeedItem], since: datetime) -> datetime:
    return max((max(item.changed, item.since or item.changed) for item in items), default=since)
