"""Whether the process lives, and whether it can do its work; for supervisors and load balancers."""

from __future__ import annotations

from aiohttp import web

from bridge.store import blogs
from bridge.web.site import SITE


async def healthz(request: web.Request) -> web.StreamResponse:
    """The process answers."""
    return web.Response(text="ok\n")


async def readyz(request: web.Request) -> web.StreamResponse:
    """The database answers too."""
    await request.app[SITE].database.read(blogs.find)
    return web.Response(text="ready\n")
