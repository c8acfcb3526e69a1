"""The pages that readers see; each rendered once after a change and served as ready bytes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import TypeVar

from aiohttp import web

from bridge.conversation.comments_json import comments_bytes, comments_json
from bridge.errors import Gone, NoSuchThing
from bridge.store import changes, issues
from bridge.store.issues import IssueRow
from bridge.web import federation, gather, linkbacks, view
from bridge.web.conversations import Conversation
from bridge.web.find_issue import find_issue
from bridge.web.negotiate import HTML_TYPE, accept_of, wants_activity
from bridge.web.problem import OPEN
from bridge.web.ready import Page
from bridge.web.site import SITE, Site

_HTML_HEADERS = {"Content-Security-Policy": view.CONTENT_SECURITY_POLICY}
_PER_PAGE = 20
#: Entries that are written within some ten milliseconds.
_LONG_TALK = 100
Text = TypeVar("Text", str, bytes)


def html_page(
    text: str,
    topics: frozenset[str],
    *,
    status: int = 200,
    link: str = "",
    more: Mapping[str, str] = MappingProxyType({}),
    until: datetime | None = None,
) -> Page:
    """A page of ours with the headers every page has and `more`; `until` is when it becomes wrong by itself."""
    headers = {**_HTML_HEADERS, **({"Link": link} if link else {}), **more}
    return Page(body=text.encode(), content_type=HTML_TYPE, topics=topics, status=status, until=until, headers=headers)


async def front(request: web.Request) -> web.StreamResponse:
    """The blog: newest issues first. Asked for as ActivityPub: led to the actor."""
    site = request.app[SITE]
    if wants_activity(accept_of(request)):
        raise web.HTTPFound(site.blog.actor_id, headers={"Vary": "Accept", "Cache-Control": "no-store", **OPEN})
    number = _page_number(request)

    async def render() -> Page:
        rows = await site.database.read(lambda tx: issues.listed(tx, site.blog.id))
        start = (number - 1) * _PER_PAGE
        if number > 1 and start >= len(rows):
            raise NoSuchThing("no such page")
        lines = await gather.lines(site, rows[start : start + _PER_PAGE])
        shown = view.FrontView(
            blog=gather.blog_view(site),
            issues=lines.shown,
            newer=None if number == 1 else f"/?page={number - 1}",
            older=f"/?page={number + 1}" if start + _PER_PAGE < len(rows) else None,
        )
        links = f'<{site.blog.actor_id}>; rel="alternate"; type="application/activity+json"'
        return html_page(view.render_front(site.templates, shown), lines.topics, link=links)

    return await site.ready.get(request, f"front {number}", render)


def _page_number(request: web.Request) -> int:
    asked = request.query.get("page", "1")
    if not (asked.isascii() and asked.isdigit() and len(asked) < 8 and int(asked) > 0):
        raise NoSuchThing("no such page")
    return int(asked)


async def issue(request: web.Request) -> web.StreamResponse:
    """An issue with its conversation; as ActivityPub a redirect to the object's id."""
    if wants_activity(accept_of(request)):
        return await federation.page_as_activity(request)
    site = request.app[SITE]
    slug = request.match_info["slug"]

    async def render() -> Page:
        found = await find_issue(site, slug)
        topics = frozenset({changes.issue(found.id), changes.BLOG})
        if found.state in ("deleted", "withdrawn"):
            return html_page(view.render_gone(site.templates, gather.blog_view(site)), topics, status=410)
        said = await gather.said_under(site, found.id)
        older, newer = await site.database.read(lambda tx: issues.beside(tx, found))
        text = await _where_it_fits(
            said,
            lambda: view.render_issue(
                site.templates,
                gather.blog_view(site),
                gather.issue_view(site, found, older=older, newer=newer),
                gather.conversation_view(said),
            ),
        )
        advertised, more = linkbacks.headers_of(site)
        link = ", ".join(filter(None, (_links(found), advertised)))
        return html_page(text, topics, link=link, more=more, until=said.closes)

    return await site.ready.get(request, f"issue {slug}", render)


def _links(found: IssueRow) -> str:
    """The Link header of an issue's page."""
    return "" if found.object_id is None else f'<{found.object_id}>; rel="alternate"; type="application/activity+json"'


async def comments(request: web.Request) -> web.StreamResponse:
    """`comments.json` (contract section 7)."""
    site = request.app[SITE]
    slug = request.match_info["slug"]

    async def render() -> Page:
        found = await find_issue(site, slug, below="/comments.json")
        if found.state != "published":
            raise Gone("the issue was taken back")
        said = await gather.said_under(site, found.id)
        body = await _where_it_fits(said, lambda: _comments(site, said))
        return Page(
            body=body,
            content_type="application/json; charset=utf-8",
            topics=frozenset({changes.issue(found.id), changes.BLOG}),
            until=said.closes,
            headers=OPEN,
        )

    return await site.ready.get(request, f"comments {slug}", render)


def _comments(site: Site, said: Conversation) -> bytes:
    document = comments_json(
        issue=site.blog.addresses.page(said.issue.slug),
        entries=said.entries,
        likes=len(said.tally.likes),
        boosts=len(said.tally.boosts),
        closed=said.closed,
        since=said.issue.date,
        cover=gather.cover_of(site),
    )
    return comments_bytes(document)


async def _where_it_fits(said: Conversation, write: Callable[[], Text]) -> Text:
    """What `write` makes of a conversation: a long one in a thread, so that whoever else asks need not wait for it."""
    return await asyncio.to_thread(write) if len(said.entries) > _LONG_TALK else write()


async def archive(request: web.Request) -> web.StreamResponse:
    """All issues by year."""
    site = request.app[SITE]

    async def render() -> Page:
        lines = await gather.lines(site, await site.database.read(lambda tx: issues.listed(tx, site.blog.id)))
        return html_page(view.render_archive(site.templates, gather.blog_view(site), lines.shown), lines.topics)

    return await site.ready.get(request, "archive", render)


async def without_slash(request: web.Request) -> web.StreamResponse:
    """An issue's address as other programs write it, with a slash at its end."""
    site = request.app[SITE]
    found = await find_issue(site, request.match_info["slug"])
    raise web.HTTPMovedPermanently(site.blog.addresses.page(found.slug))


async def all_issues(request: web.Request) -> web.StreamResponse:
    """What stands above the issues' addresses is the archive."""
    raise web.HTTPMovedPermanently(f"{request.app[SITE].blog.url}/archive")


async def favicon(request: web.Request) -> web.StreamResponse:
    """What browsers ask for unasked: the blog's icon, or nothing."""
    icon = request.app[SITE].blog.icon_url
    if icon is None:
        return web.Response(status=204, headers={"Cache-Control": "public, max-age=86400"})
    raise web.HTTPFound(icon, headers={"Cache-Control": "public, max-age=3600"})


async def tag(request: web.Request) -> web.StreamResponse:
    """The issues with one tag, in any case; 404 when there are none."""
    site = request.app[SITE]
    wanted = request.match_info["tag"].casefold()

    async def render() -> Page:
        listed = await site.database.read(lambda tx: issues.listed(tx, site.blog.id))
        rows = [row for row in listed if wanted in map(str.casefold, row.tags)]
        if not rows:
            raise NoSuchThing("no issue has this tag")
        spelled = next(name for name in rows[0].tags if name.casefold() == wanted)
        lines = await gather.lines(site, rows)
        text = view.render_tag(site.templates, gather.blog_view(site), spelled, lines.shown)
        return html_page(text, lines.topics)

    return await site.ready.get(request, f"tag {wanted}", render)
