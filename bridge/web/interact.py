"""`/interact`: a reader's handle -> the page on the reader's own server where it can follow or reply (contract 6).

Protocol sheet section 12. The address is shown before anybody goes there and comes from the reader's own WebFinger
only (S116); the lookup goes through the guarded door, on a small budget, so often for each network (S117).
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal

from aiohttp import web

from bridge.errors import FetchError, FetchNotFound, FetchRefused, NoSuchThing, TooMany
from bridge.remote.budget import Budget
from bridge.remote.webfinger import handle_from
from bridge.store import entries, issues
from bridge.store.database import Transaction
from bridge.urls import BadUrl, parse_url
from bridge.web import gather, view
from bridge.web.client import address_of, network_of
from bridge.web.negotiate import HTML_TYPE
from bridge.web.site import SITE, Site
from bridge.web.words import Words

log = logging.getLogger(__name__)

_LONGEST = 2048
#: Where profiles are: Mastodon's page and, from its JSON, its id; most others do as it does.
_PROFILE = re.compile(r"/(?:@|users/)([A-Za-z0-9_.+~-]{1,128})/?")
_LOOKUPS = 6
_TIME = timedelta(seconds=8)


@dataclass(frozen=True, kw_only=True)
class _Subject:
    """What is to be followed or answered. `uri` is the id that other servers can fetch."""

    action: Literal["follow", "reply"]
    uri: str
    title: str


@dataclass(frozen=True, kw_only=True)
class _Answer:
    """Where a handle leads, or what is wrong with it, in the reader's words."""

    destination: str | None = None
    fault: str | None = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


async def interact(request: web.Request) -> web.StreamResponse:
    """Ask for the handle, or show where it leads. Never redirects. Raises NoSuchThing for what is not ours."""
    site = request.app[SITE]
    uri = request.query.get("uri", "")
    if len(uri) > _LONGEST:
        raise NoSuchThing("an address that long is none of ours")
    subject = await site.database.read(lambda tx: _subject(tx, site, uri))
    handle = request.query.get("handle", "").strip()[:300]
    handle = _handle_of_profile(handle) or handle
    answer = await _answer(request, subject, handle) if handle else _Answer()
    text = view.render_interact(
        site.templates,
        view.InteractView(
            blog=gather.blog_view(site),
            action=subject.action,
            uri=subject.uri,
            title=subject.title,
            handle=handle,
            fault=answer.fault,
            destination=answer.destination,
        ),
    )
    headers = {
        "Content-Type": HTML_TYPE,
        "Cache-Control": "no-store",
        "Content-Security-Policy": view.SCRIPTED_CONTENT_SECURITY_POLICY,
    }
    return web.Response(status=answer.status, body=text.encode(), headers={**headers, **answer.headers})


async def _answer(request: web.Request, subject: _Subject, handle: str) -> _Answer:
    site = request.app[SITE]
    words = site.templates.words(site.blog.language, site.config.blog.timezone)
    server = handle.rpartition("@")[2]
    try:
        site.visitors.take(network_of(address_of(request, site.config)))
        if handle_from(handle, allow_private=site.config.federation.allow_private_addresses) is None:
            return _Answer(fault=words.say("That is not a handle such as @you@example.social."))
        destination = await _destination(site, subject, handle)
    except TooMany as refusal:
        wait = refusal.retry_after
        return _Answer(
            fault=words.say("That was a lot at once. Please wait a moment, or use the way below."),
            status=429,
            headers={} if wait is None else {"Retry-After": str(max(1, int(wait.total_seconds())))},
        )
    except FetchError as error:
        log.info("no way to follow or reply for a reader: %s", error)
        return _Answer(fault=_fault(words, error, server))
    if destination is None:
        return _Answer(
            fault=words.say(
                "%(server)s does not say where this can be done. The way below always works.", server=server
            )
        )
    return _Answer(destination=destination)


def _handle_of_profile(text: str) -> str | None:
    """The handle where somebody gives the address of a profile, `https://host/@anna`; None for anything else."""
    try:
        url = parse_url(text, allow_http=True)
    except BadUrl:
        return None
    name = _PROFILE.fullmatch(url.path)
    return None if name is None else f"@{name[1]}@{url.authority}"


def _subject(tx: Transaction, site: Site, uri: str) -> _Subject:
    """What an address means: the blog, an issue, or a comment that everybody may read. Raises NoSuchThing."""
    blog = site.blog
    if uri in ("", blog.actor_id, blog.url, f"{blog.url}/"):
        return _Subject(action="follow", uri=blog.actor_id, title=blog.title)
    ours = blog.addresses.kind_of(uri)
    if ours is not None:
        row = issues.find_by_slug(tx, blog.id, ours.token) if ours.kind == "page" else issues.find_by_object(tx, uri)
        if row is not None and row.state == "published" and row.object_id is not None:
            is_page = ours.kind == "page"
            return _Subject(action="reply", uri=row.object_id if is_page else uri, title=row.title)
    entry = entries.find_by_object(tx, blog.id, uri) or entries.find_by_url(tx, blog.id, uri)
    if entry is not None and entry.state == "shown" and entry.visibility in ("public", "unlisted"):
        words = site.templates.words(blog.language, site.config.blog.timezone)
        name = entry.author_name or entry.author_handle
        return _Subject(action="reply", uri=entry.object_id, title=words.say("A comment by %(name)s", name=name))
    raise NoSuchThing("nothing of ours that can be followed or answered")


async def _destination(site: Site, subject: _Subject, handle: str) -> str | None:
    """Where the reader's own server wants to have it; None if it does not say. Raises FetchError."""
    home = await site.webfinger.find_home(handle, budget=Budget(fetches=_LOOKUPS, time_allowed=_TIME))
    if subject.action == "follow":
        return home.page_for(subject.uri, intent="Follow")
    return home.page_for(subject.uri, intent="Create") or home.page_for(subject.uri, intent="Object")


def _fault(words: Words, error: FetchError, server: str) -> str:
    if isinstance(error, FetchNotFound):
        return words.say("%(server)s does not know this account. Is there a typo in it?", server=server)
    if isinstance(error, FetchRefused):
        return words.say("%(server)s cannot be asked from here. The way below always works.", server=server)
    return words.say("%(server)s does not answer as it should. The way below always works.", server=server)
