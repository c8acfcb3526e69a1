"""A link of `rundbrief login` -> a session in one browser, and for every request: is it the author's (S114, S115).

The link and the cookie are 256 bits that nobody can guess; the database has their digests only. A form counts when
cookie, the token in the form, and what the browser says of where it was sent from agree.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from aiohttp import web
from multidict import MultiDictProxy

from bridge.activity.ids import Blog
from bridge.errors import Refusal
from bridge.store import logins
from bridge.store.database import Transaction
from bridge.store.logins import Session
from bridge.web import gather, view
from bridge.web.client import address_of, network_of
from bridge.web.forms import read_form
from bridge.web.negotiate import HTML_TYPE
from bridge.web.site import SITE, Site

LINK_LASTS = timedelta(minutes=15)
_SESSION_LASTS = timedelta(days=30)
_HEADERS = {"Cache-Control": "no-store", "Content-Security-Policy": view.CONTENT_SECURITY_POLICY}


class Forbidden(Refusal):
    """A form that was not sent from our own page (S114)."""

    status = 403
    public = "not sent from the admin pages"


def make_link(tx: Transaction, blog: Blog, *, now: datetime) -> str:
    """A link that lets one browser in, once, within `LINK_LASTS`."""
    token = secrets.token_urlsafe(32)
    logins.add_link(tx, _digest(token), now=now, expires_at=now + LINK_LASTS)
    return f"{blog.url}/admin/login?token={token}"


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def page(text: str, *, status: int = 200) -> web.Response:
    """A page for the author: in no cache, in no frame."""
    return web.Response(status=status, body=text.encode(), headers={"Content-Type": HTML_TYPE, **_HEADERS})


async def show_login(request: web.Request) -> web.StreamResponse:
    """The page behind the link. Opening it does not use the link up: mail programs and chats open it too."""
    site = request.app[SITE]
    token = request.query.get("token", "")
    works = await site.database.read(lambda tx: logins.works(tx, _digest(token), now=site.clock()))
    return _login_page(site, token if works else None, status=200 if works else 403)


def _login_page(site: Site, token: str | None, *, status: int) -> web.Response:
    return page(
        view.render_login(site.templates, view.LoginView(blog=gather.blog_view(site), token=token)), status=status
    )


async def log_in(request: web.Request) -> web.StreamResponse:
    """Use the link up and begin a session under a new id (no fixation)."""
    site = request.app[SITE]
    site.visitors.take(network_of(address_of(request, site.config)))
    _check_where_from(request, site)
    form = await read_form(request)
    link, now = _digest(form.get("token", "")), site.clock()
    cookie, before = secrets.token_urlsafe(32), request.cookies.get(_cookie_name(site))
    session = Session(
        digest=_digest(cookie),
        form_token=secrets.token_urlsafe(24),
        began_at=now,
        expires_at=now + _SESSION_LASTS,
    )

    def begin(tx: Transaction) -> bool:
        if not logins.use_link(tx, link, now=now):
            return False
        if before:
            logins.end_session(tx, _digest(before))
        logins.add_session(tx, session)
        return True

    if not await site.database.write(begin):
        return _login_page(site, None, status=403)
    response = web.Response(status=303, headers={"Location": "/admin/", "Cache-Control": "no-store"})
    response.set_cookie(
        _cookie_name(site),
        cookie,
        max_age=int(_SESSION_LASTS.total_seconds()),
        path="/",
        httponly=True,
        secure=_is_https(site),
        samesite="Strict",
    )
    return response


async def log_out(request: web.Request, session: Session) -> web.StreamResponse:
    """End the session, here and in the browser."""
    site = request.app[SITE]
    await site.database.write(lambda tx: logins.end_session(tx, session.digest))
    response = web.Response(status=303, headers={"Location": "/", "Cache-Control": "no-store"})
    response.del_cookie(_cookie_name(site), path="/", secure=_is_https(site), httponly=True, samesite="Strict")
    return response


def _is_https(site: Site) -> bool:
    return site.blog.url.startswith("https://")


def _cookie_name(site: Site) -> str:
    """With https the browser itself holds the cookie to this host (`__Host-`)."""
    return "__Host-rundbrief" if _is_https(site) else "rundbrief"


Shown = Callable[[web.Request, Session], Awaitable[web.StreamResponse]]
Deed = Callable[[web.Request, Session, MultiDictProxy[str]], Awaitable[web.StreamResponse]]


def for_author(show: Shown) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """A route that only the author sees; everybody else is told how to get in."""

    async def handler(request: web.Request) -> web.StreamResponse:
        session = await _session(request)
        if session is None:
            return _login_page(request.app[SITE], None, status=403)
        return await show(request, session)

    return handler


def by_author(act: Deed) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """A route that changes something: POST only, from our own page, with the session's own token (S114)."""

    async def handler(request: web.Request) -> web.StreamResponse:
        site = request.app[SITE]
        session = await _session(request)
        if session is None:
            return _login_page(site, None, status=403)
        _check_where_from(request, site)
        form = await read_form(request)
        if not hmac.compare_digest(form.get("form", "").encode(), session.form_token.encode()):
            raise Forbidden("a form without the session's token")
        return await act(request, session, form)

    return handler


async def _session(request: web.Request) -> Session | None:
    site = request.app[SITE]
    cookie = request.cookies.get(_cookie_name(site))
    if not cookie:
        return None
    return await site.database.read(lambda tx: logins.find_session(tx, _digest(cookie), now=site.clock()))


def _check_where_from(request: web.Request, site: Site) -> None:
    """Raises Forbidden for a form that a browser says another site sent."""
    origin, fetched = request.headers.get("Origin"), request.headers.get("Sec-Fetch-Site")
    if origin is not None and origin != site.blog.url:
        raise Forbidden(f"a form from {origin}")
    if fetched is not None and fetched not in ("same-origin", "none"):
        raise Forbidden(f"a form from a {fetched} page")
