"""The author's pages: what went out, what came in and why, what waits. GET only: nothing here changes anything."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from aiohttp import web
from markupsafe import Markup

from bridge.conversation.comment import body_html
from bridge.errors import NoSuchThing
from bridge.inbox import moderate
from bridge.inbox.names import NAMES
from bridge.inbox.why import explain, word_of
from bridge.linkback.report import report_of
from bridge.store import (
    actors,
    blocks,
    crawls,
    deliveries,
    entries,
    followers,
    issues,
    overview,
    received,
    servers,
)
from bridge.store import jobs as job_rows
from bridge.store.database import Transaction
from bridge.store.deliveries import Standing
from bridge.store.entries import EntryRow
from bridge.store.logins import Session
from bridge.store.servers import ServerRow
from bridge.web import gather
from bridge.web.admin.curve import curve
from bridge.web.admin.sessions import page
from bridge.web.site import SITE, Site

_NEWEST = 12
_PER_PAGE = 50
_MOST_WAITING = 200
_STATES = ("held", "private", "shown", "hidden", "spam", "closed")
_DONE = {
    "approve": "The comment is shown.",
    "approve-private": "The comment is back with what was said in private.",
    "hide": "The comment is hidden.",
    "spam": "The comment is spam now.",
    "reply": "Your answer is out.",
    "reply-unfound": "Your answer is out; somebody it names was not found and stands there as plain text.",
    "delete": "Your answer is taken back everywhere.",
    "block": "Blocked.",
    "block-literally": "Blocked; nobody answered at this address, so it blocks only this exact id.",
    "unblock": "The block is ended.",
    "remove": "The follower is removed; their server is told.",
    "retry": "What is waiting is sent again now.",
    "close": "Comments are closed.",
    "reopen": "Comments are open.",
}


@dataclass(frozen=True, kw_only=True)
class Remark:
    """A comment as the author sees it: with its state, the reason, and the issue it is under.

    `wish` is why its author would not have it shown.
    """

    row: EntryRow
    body: Markup
    issue_title: str
    issue_slug: str
    wish: str | None


def render(request: web.Request, session: Session, name: str, *, status: int = 200, **values: Any) -> web.Response:
    """A page of the author's, by its template below `templates/admin/`."""
    site = request.app[SITE]
    blog = gather.blog_view(site)
    words = site.templates.words(blog.language, blog.timezone)
    done = _DONE.get(request.query.get("done", ""))
    text = site.templates.render(
        f"admin/{name}.html",
        words=words,
        blog=blog,
        here=name,
        form_token=session.form_token,
        path=request.path_qs,
        done=None if done is None else words.say(done),
        now=site.clock(),
        theme_faults=site.templates.faults,
        word_of=word_of,
        reason_in_words=site.templates.reasons(blog.language, blog.timezone).say,
        name_of=lambda kind: words.say(NAMES[kind]) if kind in NAMES else kind,
        **values,
    )
    return page(text, status=status)


async def front(request: web.Request, session: Session) -> web.StreamResponse:
    """The overview: what waits for the author, what went out, what came in."""
    site = request.app[SITE]

    def read(tx: Transaction) -> dict[str, Any]:
        rows = issues.all_of(tx, site.blog.id, limit=_NEWEST)
        states = overview.entries_by_state(tx, site.blog.id)
        return {
            "issues": rows,
            "sent": overview.deliveries_by_issue(tx, site.blog.id, [row.id for row in rows]),
            "held": _remarks(tx, entries.in_state(tx, site.blog.id, "held", limit=5)),
            "states": states,
            "reports": received.reports(tx, limit=_NEWEST),
            "newest": [row for _, row in overview.newest_received(tx, limit=_NEWEST)],
            "followers": followers.count(tx, site.blog.id),
            "servers": followers.count_servers(tx, site.blog.id),
            "standing": deliveries.counts(tx),
        }

    return render(request, session, "front", **await site.database.read(read))


async def ledger(request: web.Request, session: Session) -> web.StreamResponse:
    """One issue's ledger: each server, and everything that came in."""
    site = request.app[SITE]
    slug = request.match_info["slug"]

    def read(tx: Transaction) -> dict[str, Any]:
        row = issues.find_by_slug(tx, site.blog.id, slug)
        if row is None:
            raise NoSuchThing("no such issue")
        standings = deliveries.standings(tx, site.blog.id, issue_id=row.id)
        shown = {str(entry.object_id): entry for entry in entries.of_issue(tx, row.id)}
        return {
            "issue": row,
            "standings": standings,
            "remarks": _remarks(tx, list(shown.values())),
            "incoming_rows": received.of_issue(tx, row.id)[:_MOST_WAITING],
            "closed": row.closed(site.clock()),
            "links": report_of(tx, row.id).rows,
            "looked": crawls.find(tx, row.id),
        }

    found = await site.database.read(read)
    picture, title = _sent_picture(site, found["standings"])
    return render(request, session, "issue", picture=picture, picture_title=title, **found)


def _sent_picture(site: Site, standings: Sequence[Standing]) -> tuple[Markup, str]:
    """How the deliveries arrived over time, drawn and said."""
    arrived = sorted(one.changed_at for one in standings if one.state == "delivered")
    if not arrived:
        return Markup(""), ""
    words = site.templates.words(site.blog.language, site.config.blog.timezone)
    start = min(one.created_at for one in standings)
    values = {"delivered": len(arrived), "all": len(standings), "seconds": words.span(arrived[-1] - start)}
    title = words.say("%(delivered)s of %(all)s deliveries arrived, the last after %(seconds)s", **values)
    return curve(arrived, start=start, end=arrived[-1], total=len(standings), title=title), title


async def comments(request: web.Request, session: Session) -> web.StreamResponse:
    """Comments in one state; first of all those that wait."""
    site = request.app[SITE]
    state = request.query.get("state", "held")
    if state not in _STATES:
        raise NoSuchThing("no such state")

    def read(tx: Transaction) -> dict[str, Any]:
        return {
            "states": overview.entries_by_state(tx, site.blog.id),
            "remarks": _remarks(tx, entries.in_state(tx, site.blog.id, state, limit=_MOST_WAITING)),
        }

    return render(request, session, "comments", state=state, all_states=_STATES, **await site.database.read(read))


async def comment(request: web.Request, session: Session) -> web.StreamResponse:
    """One comment, with room for an answer."""
    site = request.app[SITE]

    def read(tx: Transaction) -> Remark:
        row = entries.find_by_token(tx, site.blog.id, request.match_info["token"])
        if row is None:
            raise NoSuchThing("no such comment")
        return _remarks(tx, [row])[0]

    return render(request, session, "comment", remark_shown=await site.database.read(read))


def _remarks(tx: Transaction, rows: Sequence[EntryRow]) -> list[Remark]:
    found = {number: issues.find(tx, number) for number in {row.issue_id for row in rows}}
    return [
        Remark(
            row=row,
            body=Markup(body_html(gather.entry_from(row, None))),
            issue_title=under.title if (under := found[row.issue_id]) else "",
            issue_slug=under.slug if under else "",
            wish=moderate.wish_of(tx, row),
        )
        for row in rows
    ]


async def people(request: web.Request, session: Session) -> web.StreamResponse:
    """Followers, and how their number grew."""
    site = request.app[SITE]
    number = _number(request.query.get("page", "1"))

    def read(tx: Transaction) -> dict[str, Any]:
        rows = followers.all_of(tx, site.blog.id)[::-1]
        start = (number - 1) * _PER_PAGE
        return {
            "since": [row.since for row in reversed(rows)],
            "rows": rows[start : start + _PER_PAGE],
            "more": start + _PER_PAGE < len(rows),
            "total": len(rows),
            "names": actors.handles(tx, site.blog.id),
            "servers": followers.count_servers(tx, site.blog.id),
        }

    found = await site.database.read(read)
    since = found.pop("since")
    words = site.templates.words(site.blog.language, site.config.blog.timezone)
    title = words.count("One follower", "%(count)s followers", len(since))
    picture = curve(since, start=since[0], end=site.clock(), total=len(since), title=title) if since else Markup("")
    return render(request, session, "people", picture=picture, number=number, **found)


async def server_list(request: web.Request, session: Session) -> web.StreamResponse:
    """Every server we know: followers, deliveries, health."""
    site = request.app[SITE]

    def read(tx: Transaction) -> dict[str, Any]:
        sent = overview.deliveries_by_server(tx, site.blog.id)
        from_there = overview.followers_by_server(tx, site.blog.id)
        # One that never failed and never wrote to us has no row of its own.
        known = {row.server: row for row in servers.all_of(tx)}
        rows = [known.get(name) or ServerRow(server=name) for name in sent.keys() | from_there.keys()]
        rows.sort(key=lambda row: (row.failing_since is None, -from_there.get(row.server, 0), row.server))
        return {"rows": rows[:1000], "sent": sent, "from_there": from_there}

    return render(request, session, "servers", **await site.database.read(read))


async def block_list(request: web.Request, session: Session) -> web.StreamResponse:
    """Who is blocked, and the form to block more."""
    site = request.app[SITE]
    listed = await site.database.read(lambda tx: blocks.all_of(tx, site.blog.id))
    return render(request, session, "blocks", rows=listed, fixed=site.config.federation.blocked)


async def record(request: web.Request, session: Session) -> web.StreamResponse:
    """Everything that came in with its verdict; the search box answers as `rundbrief why` does."""
    site = request.app[SITE]
    asked = request.query.get("q", "").strip()[:2048]
    before = _number(request.query["before"]) if "before" in request.query else None

    def read(tx: Transaction) -> dict[str, Any]:
        blocked = blocks.listed(tx, site.blog.id, site.config.federation.blocked)
        return {
            "found": explain(tx, site.blog, asked, blocked=blocked) if asked else None,
            "rows": [] if asked else overview.newest_received(tx, limit=_PER_PAGE, before=before),
        }

    return render(request, session, "record", asked=asked, per_page=_PER_PAGE, **await site.database.read(read))


async def queue(request: web.Request, session: Session) -> web.StreamResponse:
    """What waits to be sent, and what was given up."""
    site = request.app[SITE]

    def read(tx: Transaction) -> dict[str, Any]:
        waiting = deliveries.standings(tx, site.blog.id, states=["waiting"], limit=_MOST_WAITING)
        failed = deliveries.standings(tx, site.blog.id, states=["given-up", "refused", "gone"], limit=_MOST_WAITING)
        number, oldest = (0, None) if tx.is_postgres else job_rows.waiting(tx, now=site.clock())
        return {
            "waiting": waiting,
            "failed": failed,
            "counts": deliveries.counts(tx),
            "jobs": number,
            "oldest": oldest,
        }

    return render(request, session, "queue", **await site.database.read(read))


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 16 and int(text) > 0):
        raise NoSuchThing("no such page")
    return int(text)
