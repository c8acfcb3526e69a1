"""What the author does on the admin pages: each form ends in one of the decisions that the command line has, too."""

from __future__ import annotations

from urllib.parse import urlencode, urlsplit

from aiohttp import web
from multidict import MultiDictProxy

from bridge.errors import BridgeError, Malformed, NoSuchThing, UserFault
from bridge.inbox import moderate
from bridge.outbox import answer
from bridge.remote.budget import Budget
from bridge.store import actors, deliveries, issues
from bridge.store.database import Transaction
from bridge.store.logins import Session
from bridge.terms import Server
from bridge.urls import BadUrl, host_of, parse_url
from bridge.web.admin import door
from bridge.web.admin.pages import render
from bridge.web.site import SITE, Site

_FORM = MultiDictProxy[str]


async def judge_comment(request: web.Request, session: Session, form: _FORM) -> web.StreamResponse:
    """Approve, hide, spam, answer, or take an answer back."""
    site = request.app[SITE]
    token, deed, now = request.match_info["token"], form.get("deed", ""), site.clock()
    try:
        html = answer.compose(form.get("text", ""), site.blog) if deed == "reply" else ""

        def work(tx: Transaction) -> None:
            entry = moderate.find_comment(tx, site.blog.id, token)
            match deed:
                case "approve":
                    moderate.approve(tx, entry, now=now)
                case "hide":
                    moderate.hide(tx, site.blog, entry, now=now)
                case "spam":
                    moderate.spam(tx, site.blog, entry, now=now)
                case "reply":
                    answer.say(tx, site.blog, entry, html, now=now)
                case "delete":
                    answer.take_back(tx, site.blog, entry, now=now)
                case _:
                    raise Malformed("no such deed")

        await site.database.write(work)
    except UserFault as fault:
        return _told(request, session, fault)
    return _back(form, deed)


async def judge_issue(request: web.Request, session: Session, form: _FORM) -> web.StreamResponse:
    """Close or reopen the comments of an issue."""
    site = request.app[SITE]
    slug, deed, now = request.match_info["slug"], form.get("deed", ""), site.clock()
    turn = {"close": moderate.close_comments, "reopen": moderate.reopen_comments}.get(deed)
    if turn is None:
        raise Malformed("no such deed")

    def work(tx: Transaction) -> None:
        row = issues.find_by_slug(tx, site.blog.id, slug)
        if row is None:
            raise NoSuchThing("no such issue")
        turn(tx, row, now=now)

    await site.database.write(work)
    return _back(form, deed)


async def judge_person(request: web.Request, session: Session, form: _FORM) -> web.StreamResponse:
    """Block, unblock, or end a following."""
    site = request.app[SITE]
    deed, now = form.get("deed", ""), site.clock()
    try:
        target = await _target(site, form.get("target", ""))

        def work(tx: Transaction) -> None:
            match deed:
                case "block":
                    moderate.block(tx, site.blog, target, reason=form.get("reason", "")[:500], now=now)
                case "unblock":
                    moderate.unblock(tx, site.blog, target)
                case "remove":
                    moderate.remove_follower(tx, site.blog, target, now=now)
                case _:
                    raise Malformed("no such deed")

        await site.database.write(work)
    except BridgeError as fault:
        if isinstance(fault, Malformed):
            raise
        return _told(request, session, fault)
    return _back(form, deed)


async def send_again(request: web.Request, session: Session, form: _FORM) -> web.StreamResponse:
    """Make what waits or was given up due now, for one server or for all."""
    site = request.app[SITE]
    server, now = form.get("server", "")[:300], site.clock()
    await site.database.write(lambda tx: deliveries.retry(tx, Server(server) if server else None, now=now))
    return _back(form, "retry")


async def log_out(request: web.Request, session: Session, form: _FORM) -> web.StreamResponse:
    """Out again."""
    return await door.log_out(request, session)


async def _target(site: Site, text: str) -> str:
    """A domain, or the id of an actor that is given by address or handle. Raises UserFault or FetchError."""
    text = text.strip()
    if not text or len(text) > 2048:
        raise UserFault("name a domain such as bad.example, or an account such as @user@bad.example")
    if "@" not in text and "://" not in text:
        try:
            return str(host_of(f"https://{text.rstrip('.')}/"))
        except BadUrl as error:
            raise UserFault(f"{text!r} is no domain: it {error}") from error
    known = await site.database.read(lambda tx: actors.named(tx, text))
    if known:
        return str(known[0].id)
    if "://" in text:
        try:
            return parse_url(text, allow_http=True).text
        except BadUrl as error:
            raise UserFault(f"{text!r} is no address: it {error}") from error
    return str(await site.webfinger.find_actor(text, budget=Budget(fetches=6)))


def _told(request: web.Request, session: Session, fault: BridgeError) -> web.Response:
    return render(request, session, "notice", status=409, sentence=str(fault))


def _back(form: _FORM, deed: str) -> web.Response:
    """To the page the form stood on; only ever to a page below /admin/ (S116)."""
    asked = urlsplit(form.get("next", ""))
    path = asked.path if not asked.scheme and not asked.netloc and asked.path.startswith("/admin/") else "/admin/"
    kept = [pair for pair in asked.query.split("&") if pair and not pair.startswith("done=")]
    location = f"{path}?{'&'.join([*kept, urlencode({'done': deed})])}"
    if "\\" in location or not location.isprintable() or not location.isascii():
        location = "/admin/"
    return web.Response(status=303, headers={"Location": location, "Cache-Control": "no-store"})
