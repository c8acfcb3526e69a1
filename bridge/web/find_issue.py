"""A slug in an address -> the issue meant; the routes of pages and of ActivityPub ask."""

from __future__ import annotations

from aiohttp import web

from bridge.errors import NoSuchThing
from bridge.store import issues
from bridge.store.database import Transaction
from bridge.store.issues import IssueRow
from bridge.web.site import Site


async def find_issue(site: Site, slug: str, *, below: str = "", follow: bool = False) -> IssueRow:
    """The issue at this slug that is or was out. Raises NoSuchThing.

    A former slug leads to the new one, with `below` after it; `follow` gives the issue at once, for a server that
    goes on to the object's id and may allow one redirect only.
    """

    def look(tx: Transaction) -> tuple[IssueRow | None, str | None]:
        found = issues.find_by_slug(tx, site.blog.id, slug)
        moved = None if found is not None else issues.find_redirect(tx, site.blog.id, slug)
        if moved is not None and follow:
            return issues.find_by_slug(tx, site.blog.id, moved), None
        return found, moved

    found, moved = await site.database.read(look)
    if moved is not None:
        # Another issue may be given the slug one day; what a browser keeps of a 301 it keeps for ever.
        headers = {"Vary": "Accept", "Cache-Control": "no-cache"}
        raise web.HTTPMovedPermanently(site.blog.addresses.page(moved) + below, headers=headers)
    if found is None or found.state == "waiting":
        raise NoSuchThing("no such issue")
    return found
