"""The files beside the pages -> ready bytes: the stylesheet, the one small script of `/interact`, and `embed.js`."""

from __future__ import annotations

from aiohttp import web

from bridge.store import changes
from bridge.web.problem import OPEN
from bridge.web.ready import Page
from bridge.web.site import SITE
from bridge.web.theme import ADMIN_STYLE, EMBED_SCRIPT, INTERACT_SCRIPT

_BLOG = frozenset({changes.BLOG})
_FOR_EVER = {"Cache-Control": "public, max-age=31536000, immutable"}
_SCRIPT_TYPE = "text/javascript; charset=utf-8"


async def stylesheet(request: web.Request) -> web.StreamResponse:
    """The one stylesheet; its address changes with its content."""
    site = request.app[SITE]

    async def render() -> Page:
        return Page(
            body=site.templates.stylesheet, content_type="text/css; charset=utf-8", topics=_BLOG, headers=_FOR_EVER
        )

    return await site.ready.get(request, "style.css", render)


async def admin_stylesheet(request: web.Request) -> web.StreamResponse:
    """What the author's pages use besides the stylesheet that readers get."""

    async def render() -> Page:
        return Page(body=ADMIN_STYLE, content_type="text/css; charset=utf-8", topics=_BLOG, headers=_FOR_EVER)

    return await request.app[SITE].ready.get(request, "admin.css", render)


async def interact_script(request: web.Request) -> web.StreamResponse:
    """What remembers a reader's handle in the reader's browser."""

    async def render() -> Page:
        return Page(body=INTERACT_SCRIPT, content_type=_SCRIPT_TYPE, topics=_BLOG, headers=_FOR_EVER)

    return await request.app[SITE].ready.get(request, "interact.js", render)


async def embed_script(request: web.Request) -> web.StreamResponse:
    """The conversation for any page; its address is for good, so it is asked for again after an hour."""

    async def render() -> Page:
        headers = {
            "Cache-Control": "public, max-age=3600",
            **OPEN,
            "Cross-Origin-Resource-Policy": "cross-origin",
        }
        return Page(body=EMBED_SCRIPT, content_type=_SCRIPT_TYPE, topics=_BLOG, headers=headers)

    return await request.app[SITE].ready.get(request, "embed.js", render)
