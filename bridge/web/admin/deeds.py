"""What the author does on the admin pages: each form ends in one of the decisions that the command line has, too."""

from __future__ import annotations

from urllib.parse import urlencode, urlsplit

from aiohttp import web
from multidict import MultiDictProxy

from bridge.errors import NoSuchThing, UserFault
from bridge.inbox import moderate
from bridge.inbox.whom import Target
from bridge.outbox import answer
from bridge.store import deliveries, issues
from bridge.store.database import Transaction
from bridge.store.logins import Session
from bridge.terms import Server
from bridge.web.admin import sessions
from bridge.web.admin.pages import render
from bridge.web.site import SITE, Site

_FORM = MultiDictProxy[str]
_NO_DEED = "the form asked for something that cannot be done here; nothing was changed"


async def judge_comment(request: web.Request, session: Session, form: _FORM) -> web.StreamResponse:
    """Approve, hide, spam, answer, or take an answer back."""
    site = request.app[SITE]
    token, deed, now = request.match_info["token"], form.get("deed", ""), site.clock()
    try:
        wording = answer.Wording(html="")
        if deed == "reply":
            wording = await answer.compose(form.get("text", ""), site.blog, site.people)

        def work(tx: Transaction) -> str:
            entry = moderate.find_comment(tx, site.blog.id, token)
            match deed:
                case "approve":
                    return "approve" if moderate.approve(tx, entry, now=now) == "shown" else "approve-private"
                case "hide":
                    moderate.hide(tx, site.blog, entry, now=now)
                case "spam":
                    moderate.spam(tx, site.blog, entry, now=now)
                case "reply":
                    answer.say(tx, site.blog, entry, wording, now=now)
                    return "reply-unfound" if wording.missing else "reply"
                case "delete":
                    answer.take_back(tx, site.blog, entry, now=now)
                case _:
                    raise UserFault(_NO_DEED)
            return deed

        deed = await site.database.write(work)
    except UserFault as fault:
        return _told(request, session, fault)
    return _back(form, deed)


async def judge_issue(request: web.Request, session: Session, form: _FORM) -> web.StreamResponse:
    """Close or reopen the comments of an issue."""
    site = request.app[SITE]
    slug, deed, now = request.match_info["slug"], form.get("deed", ""), site.clock()
    turn = {"close": moderate.close_comments, "reopen": moderate.reopen_comments}.get(deed)
    if turn is None:
        return _told(request, session, UserFault(_NO_DEED))

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
        found = await _target(site, deed, form.get("target", ""))
        target = found.name

        def work(tx: Transaction) -> bool:
            match deed:
                case "block":
                    return moderate.block(tx, site.blog, target, reason=form.get("reason", "")[:500], now=now)
                case "unblock":
                    return moderate.unblock(tx, site.blog, target)
            return moderate.remove_follower(tx, site.blog, target, now=now)

        if not await site.database.write(work) and deed != "block":
            raise UserFault(f"{target} is not blocked" if deed == "unblock" else f"{target} does not follow the blog")
    except UserFault as fault:
        return _told(request, session, fault)
    return _back(form, "block-literally" if found.is_literal else deed)


async def send_again(request: web.Request, session: Session, form: _FORM) -> web.StreamResponse:
    """Make what waits or was given up due now, for one server or for all."""
    site = request.app[SITE]
    server, now = form.get("server", "")[:300], site.clock()
    await site.database.write(lambda tx: deliveries.retry(tx, Server(server) if server else None, now=now))
    return _back(form, "retry")


async def log_out(request: web.Request, session: Session, form: _FORM) -> web.StreamResponse:
    """End the session."""
    return await sessions.log_out(request, session)


async def _target(site: Site, deed: str, text: str) -> Target:
    """A domain, or the id of an actor that is given by address or handle. Raises UserFault."""
    if not text.strip() or len(text) > 2048:
        raise UserFault("name a domain such as bad.example, or an account such as @user@bad.example")
    match deed:
        case "block":
            return await site.whom.to_block(text)
        case "unblock":
            return Target(name=await site.whom.blocked_as(text))
        case "remove":
            return Target(name=await site.whom.follower(text))
    raise UserFault(_NO_DEED)


def _told(request: web.Request, session: Session, fault: UserFault) -> web.Response:
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
