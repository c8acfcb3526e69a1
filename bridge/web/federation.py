"""What other servers ask for: actors, objects, collections, activities; each as ready bytes (contract section 6)."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

from aiohttp import web

from bridge.activity import collection
from bridge.activity.actor import actor_document, instance_actor_document
from bridge.activity.context import PUBLIC, with_context
from bridge.activity.outgoing import create_of, retold_of, tombstone_of, wire_bytes
from bridge.errors import Gone, NoSuchThing
from bridge.outbox import stamps
from bridge.store import changes, followers, published, quote_stamps
from bridge.store.database import Transaction
from bridge.store.published import ObjectRow
from bridge.store.quote_stamps import Stamp
from bridge.terms import Document
from bridge.web.conversation_lists import conversation_of, like_ids, reply_ids, share_ids
from bridge.web.conversations import Conversation
from bridge.web.find_issue import find_issue
from bridge.web.negotiate import AS2_TYPE, accept_of, wants_activity
from bridge.web.problem import OPEN
from bridge.web.ready import Page
from bridge.web.site import SITE, Site

_BLOG = frozenset({changes.BLOG})
#: Of what is made for each request and not kept ready.
_HEADERS = {"Content-Type": AS2_TYPE, "Vary": "Accept", "Cache-Control": "no-cache", **OPEN}


def _page(
    document: Document, topics: frozenset[str] = _BLOG, *, status: int = 200, until: datetime | None = None
) -> Page:
    return Page(
        body=wire_bytes(document), content_type=AS2_TYPE, topics=topics, status=status, until=until, headers=OPEN
    )


def _site_of(request: web.Request) -> Site:
    """The site, if the address names our actor. Raises NoSuchThing."""
    site = request.app[SITE]
    if request.match_info["token"] != site.blog.actor_token:
        raise NoSuchThing("no such actor")
    return site


async def actor(request: web.Request) -> web.StreamResponse:
    """The blog's actor; a browser is led to the front page."""
    site = _site_of(request)
    accept = accept_of(request)
    if "text/html" in accept.lower() and not wants_activity(accept):
        raise web.HTTPFound(site.blog.page, headers={"Vary": "Accept"})

    async def render() -> Page:
        return _page(actor_document(site.blog, rsa_pem=site.rsa_pem, ed25519_multibase=site.ed25519_multibase))

    return await site.ready.get(request, "actor", render)


async def instance_actor(request: web.Request) -> web.StreamResponse:
    """The Application that signs our fetches; always readable without a signature."""
    site = request.app[SITE]

    async def render() -> Page:
        return _page(instance_actor_document(site.blog.addresses, rsa_pem=site.instance_pem))

    return await site.ready.get(request, "instance", render)


async def instance_outbox(request: web.Request) -> web.StreamResponse:
    """What the instance actor says: nothing."""
    site = request.app[SITE]

    async def render() -> Page:
        return _page(collection.whole(site.blog.addresses.instance_outbox, []))

    return await site.ready.get(request, "instance outbox", render)


async def followers_count(request: web.Request) -> web.StreamResponse:
    """How many follow; who, is nobody's business."""
    site = _site_of(request)

    async def render() -> Page:
        total = await site.database.read(lambda tx: followers.count(tx, site.blog.id))
        return _page(collection.counted(site.blog.followers, total), frozenset({changes.BLOG, changes.FOLLOWERS}))

    return await site.ready.get(request, "followers", render)


async def following_count(request: web.Request) -> web.StreamResponse:
    """The blog follows nobody."""
    site = _site_of(request)

    async def render() -> Page:
        return _page(collection.counted(site.blog.following, 0))

    return await site.ready.get(request, "following", render)


async def featured(request: web.Request) -> web.StreamResponse:
    """The newest public issue."""
    site = _site_of(request)

    async def render() -> Page:
        newest = await site.database.read(lambda tx: published.newest_public_object(tx, site.blog.id))
        return _page(collection.whole(site.blog.featured, [] if newest is None else [newest]))

    return await site.ready.get(request, "featured", render)


async def quote_stamp(request: web.Request) -> web.StreamResponse:
    """Leave to quote (FEP-044f); 410 once it was taken back, or what it is for was deleted."""
    site = request.app[SITE]
    token = request.match_info["token"]

    def look(tx: Transaction) -> tuple[Stamp, bool] | None:
        stamp = quote_stamps.find(tx, token)
        if stamp is None or stamp.blog_id != site.blog.id:
            return None
        return stamp, stamp.revoked_at is None and published.is_live(tx, stamp.object_id)

    found = await site.database.read(look)
    if found is None:
        raise NoSuchThing("no such stamp")
    stamp, stands = found
    if not stands:
        raise Gone("a permission to quote that was revoked")
    return web.Response(body=wire_bytes(stamps.document_of(site.blog, stamp)), headers=_HEADERS)


async def outbox(request: web.Request) -> web.StreamResponse:
    """Every public Create, newest first, with its object as it stands: what an edit took out is not passed on."""
    site = _site_of(request)
    url, blog_id = site.blog.outbox, site.blog.id
    asked = request.query.get("page")

    async def render() -> Page:
        total = await site.database.read(lambda tx: published.count_outbox(tx, blog_id))
        if asked is None:
            return _page(collection.paged(url, total))
        number = collection.page_number(asked, total)
        start = (number - 1) * collection.PER_PAGE
        told = await site.database.read(
            lambda tx: published.outbox_page(tx, blog_id, offset=start, limit=collection.PER_PAGE)
        )
        # What is served differs from what was delivered, so it gets a proof of its own.
        creates = (create_of(_listed(document), activity_id) for activity_id, document in told)
        items: list[str | Document] = [json.loads(site.blog.seal(create)) for create in creates]
        return _page(collection.page(url, number, total, items))

    return await site.ready.get(request, f"outbox {asked}", render)


def _listed(document: Document) -> Document:
    """An object of the outbox: its replies, which were none when it was told, by their address."""
    return document | ({"replies": f"{document['id']}/replies"} if "replies" in document else {})


async def activity(request: web.Request) -> web.StreamResponse:
    """A public activity of ours: as it was delivered, with its object as it stands; gone with that."""
    site = request.app[SITE]
    wanted = site.blog.addresses.activity(request.match_info["token"])
    found = await site.database.read(lambda tx: published.find_public_activity(tx, wanted))
    if found is None:
        raise NoSuchThing("no such activity")
    body, row = found
    if row is not None and row.deleted_at is not None:
        raise Gone("the object of the activity was deleted")
    # Whoever was delivered to has it; whoever comes now gets nothing that an edit has taken out since.
    retold = None if row is None else retold_of(json.loads(body), _listed(row.document))
    return web.Response(body=body if retold is None else site.blog.seal(retold), headers=_HEADERS)


async def object_document(request: web.Request) -> web.StreamResponse:
    """An issue's Note; a browser is led to the page; 410 with a Tombstone once it was deleted."""
    site = request.app[SITE]
    token = request.match_info["token"]
    accept = accept_of(request)
    if "text/html" in accept.lower() and not wants_activity(accept):
        await _lead_people_on(request, token)

    async def render() -> Page:
        row = await _object(site, token)
        topics = _topics_of(row)
        if row.deleted_at is not None:
            return _page(tombstone_of(row.document, deleted=row.deleted_at), topics, status=410)
        said = await conversation_of(site, row)
        if said is None:
            return _page(row.document, topics)
        return _page(as_fetched(row, said), topics, until=said.closes)

    return await site.ready.get(request, f"object {token}", render)


async def _lead_people_on(request: web.Request, token: str) -> None:
    """Whoever asks for HTML gets the page instead: raises HTTPFound, or Gone for what was deleted."""
    row = await _object(request.app[SITE], token)
    if row.deleted_at is not None:
        raise Gone("the object was deleted")
    page = row.document.get("url")
    if isinstance(page, str):
        raise web.HTTPFound(page, headers={"Vary": "Accept", "Cache-Control": "no-store"})


def _topics_of(row: ObjectRow) -> frozenset[str]:
    """What changes an object: its issue, with all that is said there."""
    return _BLOG if row.issue_id is None else frozenset({changes.issue(row.issue_id)})


async def _object(site: Site, token: str) -> ObjectRow:
    """The object with this token; private ones are as unknown as those that never were. Raises NoSuchThing."""
    wanted = site.blog.addresses.object(token)
    row = await site.database.read(lambda tx: published.find(tx, wanted))
    if row is None or PUBLIC not in (*row.document.get("to", ()), *row.document.get("cc", ())):
        raise NoSuchThing("no such object")
    return row


def as_fetched(row: ObjectRow, said: Conversation) -> Document:
    """The object as it stands now: with the first of its answers, its counts, and whether answers are still taken.

    Nobody is told of a closing by an Update; whoever fetches the object sees `canReply` for nobody but its author.
    """
    replies = reply_ids(said, row)
    first = collection.replies(f"{row.id}/replies", len(replies), replies[: collection.PER_PAGE])
    policy = {key: value for key, value in row.document.get("interactionPolicy", {}).items() if key != "canReply"}
    if said.closed:
        policy["canReply"] = {"automaticApproval": [row.document["attributedTo"]]}
    counts = {
        "likes": collection.counted(f"{row.id}/likes", len(like_ids(said, row))),
        "shares": collection.counted(f"{row.id}/shares", len(share_ids(said, row))),
    }
    now = {"replies": first, **counts} | ({"interactionPolicy": policy} if policy else {})
    document = {key: value for key, value in row.document.items() if key != "interactionPolicy"}
    nested = {key: {inner: kept for inner, kept in value.items() if inner != "@context"} for key, value in now.items()}
    return with_context(document | nested)


async def page_as_activity(request: web.Request) -> web.StreamResponse:
    """An issue's page asked for as ActivityPub: led to the object's id, which is canonical."""
    site = request.app[SITE]
    issue = await find_issue(site, request.match_info["slug"], follow=True)
    if issue.object_id is None:
        if issue.state != "published":
            raise Gone("the issue was taken back")
        raise NoSuchThing("the issue is a page only")
    if issue.state in ("deleted", "withdrawn"):
        row = await site.database.read(lambda tx: published.find(tx, str(issue.object_id)))
        if row is not None and row.deleted_at is not None:
            body = wire_bytes(tombstone_of(row.document, deleted=row.deleted_at))
            return web.Response(status=410, body=body, headers={"Content-Type": AS2_TYPE, "Vary": "Accept", **OPEN})
    raise web.HTTPFound(issue.object_id, headers={"Vary": "Accept", "Cache-Control": "no-store", **OPEN})


#: Reads the ids that a collection below an object lists.
Members = Callable[[Conversation, ObjectRow], list[str]]


def members_of(kind: str, read: Members) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """A route for one of an object's collections: replies, likes, shares or context."""

    async def handler(request: web.Request) -> web.StreamResponse:
        site = request.app[SITE]
        token = request.match_info["token"]
        asked = request.query.get("page")

        async def render() -> Page:
            row = await _object(site, token)
            if row.deleted_at is not None:
                raise Gone("the object was deleted")
            said = await conversation_of(site, row)
            members = [] if said is None else read(said, row)
            return _page(_collection(kind, f"{row.id}/{kind}", members, asked, site), _topics_of(row))

        return await site.ready.get(request, f"{kind} {token} {asked}", render)

    return handler


def _collection(kind: str, url: str, members: list[str], asked: str | None, site: Site) -> Document:
    total = len(members)
    if kind in ("likes", "shares"):
        return collection.counted(url, total)
    shown: list[Any] = members
    if asked is None:
        if kind == "context":
            return collection.context(url, total, owner=site.blog.actor_id)
        return collection.replies(url, total, members[: collection.PER_PAGE])
    number = collection.page_number(asked, total)
    items = shown[(number - 1) * collection.PER_PAGE : number * collection.PER_PAGE]
    if kind == "context":
        return collection.page(url, number, total, items)
    return collection.replies_page(url, number, total, items)
