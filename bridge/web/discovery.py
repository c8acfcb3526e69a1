"""How others find the blog: WebFinger, host-meta and NodeInfo (protocol sheet section 4)."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

from aiohttp import web

from bridge import __version__
from bridge.activity.webfinger import (
    NODEINFO_VERSIONS,
    Usage,
    host_meta,
    jrd,
    nodeinfo,
    nodeinfo_links,
    resource_kind,
)
from bridge.errors import BadResource, NoSuchThing
from bridge.store import changes, issues, overview
from bridge.store.database import Transaction
from bridge.terms import Document
from bridge.web.problem import OPEN
from bridge.web.ready import Page
from bridge.web.site import SITE, Site

_BLOG = frozenset({changes.BLOG})
#: Who counts servers comes once a day at most.
_STATISTICS_LAST = timedelta(minutes=10)


def _json(document: Document, content_type: str, *, until: datetime | None = None) -> Page:
    body = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
    return Page(body=body, content_type=content_type, topics=_BLOG, headers=OPEN, until=until)


async def webfinger(request: web.Request) -> web.StreamResponse:
    """RFC 7033. 400 without a usable resource, 404 for somebody else."""
    site = request.app[SITE]
    asked = request.query.getall("resource", [])
    if len(asked) != 1:
        raise BadResource("exactly one resource is needed")
    kind = resource_kind(asked[0], blog=site.blog)

    async def render() -> Page:
        return _json(jrd(kind, blog=site.blog), "application/jrd+json; charset=utf-8")

    return await site.ready.get(request, f"webfinger {kind}", render)


async def host_meta_document(request: web.Request) -> web.StreamResponse:
    """RFC 6415, for those who find WebFinger by it."""
    site = request.app[SITE]

    async def render() -> Page:
        body = host_meta(site.blog.addresses).encode()
        return Page(body=body, content_type="application/xrd+xml; charset=utf-8", topics=_BLOG, headers=OPEN)

    return await site.ready.get(request, "host-meta", render)


async def nodeinfo_list(request: web.Request) -> web.StreamResponse:
    """Where the NodeInfo documents are."""
    site = request.app[SITE]

    async def render() -> Page:
        return _json(nodeinfo_links(site.blog.addresses), "application/json; charset=utf-8")

    return await site.ready.get(request, "nodeinfo", render)


async def nodeinfo_document(request: web.Request) -> web.StreamResponse:
    """NodeInfo 2.0 or 2.1."""
    site = request.app[SITE]
    version = request.match_info["version"]
    if version not in NODEINFO_VERSIONS:
        raise NoSuchThing("no such NodeInfo version")

    async def render() -> Page:
        usage = await site.database.read(lambda tx: _usage(tx, site))
        document = nodeinfo(version, blog=site.blog, software_version=__version__, usage=usage)
        schema = f'profile="http://nodeinfo.diaspora.software/ns/schema/{version}#"'
        until = site.clock() + _STATISTICS_LAST
        return _json(document, f"application/json; {schema}; charset=utf-8", until=until)

    return await site.ready.get(request, f"nodeinfo {version}", render)


def _usage(tx: Transaction, site: Site) -> Usage:
    posts = issues.count_published(tx, site.blog.id)
    return Usage(posts=posts, comments=overview.entries_by_state(tx, site.blog.id).get("shown", 0))
