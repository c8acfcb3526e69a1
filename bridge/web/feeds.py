"""Feeds, sitemap and robots.txt, each rendered once after a change and served as ready bytes (contract section 6).

They are made of what lists show: published, public issues. A draft, an unlisted, a waiting and a withdrawn issue are in
none of them (S122), and of comments only what strangers may read.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from aiohttp import web

from bridge.conversation.comment import is_public, order_of
from bridge.errors import Gone
from bridge.store import changes, issues
from bridge.store.issues import IssueRow
from bridge.web import feed_view, gather
from bridge.web.feed_view import FeedItem
from bridge.web.find_issue import find_issue
from bridge.web.problem import OPEN
from bridge.web.ready import Page
from bridge.web.site import SITE, Site

_BLOG = frozenset({changes.BLOG})
_MOST_ISSUES = 30
_MOST_COMMENTS = 100
_MOST_PAGES = 50_000  #: of one sitemap, as its protocol says

Render = Callable[[Site, Sequence[FeedItem]], bytes]


async def atom(request: web.Request) -> web.StreamResponse:
    """The issues as Atom."""
    return await _feed(
        request,
        "application/atom+xml; charset=utf-8",
        lambda site, items: feed_view.render_atom(
            site.templates, gather.blog_view(site), items, since=site.blog.created
        ).encode(),
    )


async def rss(request: web.Request) -> web.StreamResponse:
    """The issues as RSS."""
    return await _feed(
        request,
        "application/rss+xml; charset=utf-8",
        lambda site, items: feed_view.render_rss(
            site.templates, gather.blog_view(site), items, since=site.blog.created
        ).encode(),
    )


async def json_feed(request: web.Request) -> web.StreamResponse:
    """The issues as JSON Feed."""
    return await _feed(
        request,
        "application/feed+json; charset=utf-8",
        lambda site, items: feed_view.json_feed(site.templates, gather.blog_view(site), items),
    )


async def sitemap(request: web.Request) -> web.StreamResponse:
    """Every page that search engines may show."""
    return await _feed(
        request,
        "application/xml; charset=utf-8",
        lambda site, items: feed_view.render_sitemap(site.templates, gather.blog_view(site), items).encode(),
        most=_MOST_PAGES,
    )


async def _feed(
    request: web.Request, content_type: str, render_items: Render, *, most: int = _MOST_ISSUES
) -> web.StreamResponse:
    site = request.app[SITE]

    async def render() -> Page:
        rows = await site.database.read(lambda tx: issues.newest_listed(tx, site.blog.id, limit=most))
        body = render_items(site, [_item(site, row) for row in rows])
        return Page(body=body, content_type=content_type, topics=_BLOG, headers=OPEN)

    return await site.ready.get(request, f"feed {request.path}", render)


async def issue_comments(request: web.Request) -> web.StreamResponse:
    """The comments of one issue as Atom. Raises NoSuchThing where there is no page, Gone where there was one."""
    site = request.app[SITE]
    slug = request.match_info["slug"]

    async def render() -> Page:
        found = await find_issue(site, slug, below="/feed.xml")
        if found.state != "published":
            raise Gone("the issue was taken back")
        said = await gather.said_under(site, found.id)
        item = _item(site, said.issue)
        blog = gather.blog_view(site)
        shown = [entry for entry in said.entries if is_public(entry)]
        shown.sort(key=lambda entry: order_of(entry, since=said.issue.date), reverse=True)
        now = site.clock()
        cover = gather.cover_of(site)
        newest = shown[:_MOST_COMMENTS]
        comments = [feed_view.comment_from(entry, blog, item, now=now, cover=cover) for entry in newest]
        text = feed_view.render_comments(site.templates, blog, item, comments, closed=said.closed)
        return Page(
            body=text.encode(),
            content_type="application/atom+xml; charset=utf-8",
            topics=frozenset({changes.issue(said.issue.id), changes.BLOG}),
            until=said.closes,
            headers=OPEN | {"X-Robots-Tag": "noindex"},
        )

    return await site.ready.get(request, f"comments feed {slug}", render)


async def robots(request: web.Request) -> web.StreamResponse:
    """What crawlers should leave alone: nothing there is worth a search result."""
    site = request.app[SITE]
    text = f"User-agent: *\nDisallow: /admin/\nDisallow: /interact\n\nSitemap: {site.blog.url}/sitemap.xml\n"

    async def render() -> Page:
        return Page(body=text.encode(), content_type="text/plain; charset=utf-8", topics=_BLOG)

    return await site.ready.get(request, "robots.txt", render)


def _item(site: Site, row: IssueRow) -> FeedItem:
    now = site.clock()
    issue = gather.issue_view(site, row, older=None, newer=None)
    # An author may date an issue that is out into the future; readers put off or hide what has not happened yet.
    issue = replace(issue, published=min(issue.published, now), updated=issue.updated and min(issue.updated, now))
    return FeedItem(
        id=feed_view.item_id(site.blog.url, site.blog.created, row.id), issue=issue, since=min(row.changed_at, now)
    )
