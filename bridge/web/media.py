"""`/media/{name}`: pictures that we encoded, as a closed list of types that no browser takes for a page (S36).

A file is given out only while a table says that somebody may see it: a draft's, a withdrawn issue's and a deleted
comment's pictures are as unknown as those that never were (S122).
"""

from __future__ import annotations

from aiohttp import web

from bridge.errors import NoSuchThing
from bridge.media.folder import MediaFolder, read_name
from bridge.store import blocks, pictures, remote_pictures
from bridge.store.database import Transaction
from bridge.web.problem import OPEN
from bridge.web.site import SITE

_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Content-Disposition": "inline",
    "Cross-Origin-Resource-Policy": "cross-origin",
    **OPEN,
}
_FOR_EVER = "public, max-age=31536000, immutable"
#: What other people said can be taken back, so nobody keeps it for long.
_FOR_A_DAY = "public, max-age=86400"


async def media(request: web.Request) -> web.StreamResponse:
    """One picture. Raises NoSuchThing."""
    site = request.app[SITE]
    name = request.match_info["name"]
    parts = read_name(name)
    if parts is None:
        raise NoSuchThing("no such picture")
    token = parts.token

    def look(tx: Transaction) -> str | None:
        if pictures.may_be_seen(tx, token):
            return _FOR_EVER
        person = remote_pictures.shown_of(tx, token)
        if person is None or blocks.holding(tx, site.blog.id, person, site.config.federation.blocked):
            return None
        return _FOR_A_DAY

    caching = await site.database.read(look)
    path = MediaFolder(site.config.media_folder).path(name)
    if caching is None or not path.is_file():
        raise NoSuchThing("no such picture")
    headers = {**_HEADERS, "Content-Type": parts.media_type, "Cache-Control": caching}
    return web.FileResponse(path, headers=headers)
