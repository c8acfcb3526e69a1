"""`issues`: the list of them, and the ledger of one: each delivery, each link, and each thing that came in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer

from bridge.app import App
from bridge.cli.columns import printable, width_of
from bridge.cli.options import ConfigOption, JsonOption, print_json, with_app
from bridge.errors import UserFault
from bridge.inbox.names import word_for
from bridge.inbox.why import word_of
from bridge.linkback.report import report_of
from bridge.outbox.report import in_zone
from bridge.plurals import counted
from bridge.store import crawls, deliveries, entries, published, received
from bridge.store import issues as issue_rows
from bridge.store.crawls import CrawlRow
from bridge.store.database import Transaction
from bridge.store.deliveries import Standing
from bridge.store.entries import EntryRow
from bridge.store.linkback_sends import SendRow
from bridge.store.received import Received
from bridge.terms import ObjectId


def issues(
    slug: Annotated[str | None, typer.Argument(metavar="SLUG", show_default=False)] = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> int:
    """List the issues; with SLUG say what became of one: each delivery, and each thing that came in."""

    async def run(app: App) -> int:
        if slug is not None:
            return await _show_ledger(app, slug, as_json=as_json)
        listed = await app.database.read(lambda tx: [_listed(app, row) for row in issue_rows.outlines(tx, app.blog.id)])
        if as_json:
            print_json(listed)
        zone = app.config.blog.timezone
        wide = width_of(one["slug"] for one in listed)
        for one in () if as_json else listed:
            state = "waits" if one["state"] == "waiting" else one["state"]
            date = one["date"].astimezone(zone)
            typer.echo(f"{date:%Y-%m-%d}  {state:<9}  {one['slug']:<{wide}}  {one['title']}")
        if not listed and not as_json:
            typer.echo("There is no issue yet.")
        return 0

    return with_app(config, run)


def _listed(app: App, row: issue_rows.Outline) -> dict[str, Any]:
    return {
        "slug": row.slug,
        "title": row.title,
        "state": row.state,
        "date": row.date,
        "file": row.path,
        "url": app.blog.addresses.page(row.slug),
        "object": row.object_id,
    }


async def _show_ledger(app: App, slug: str, *, as_json: bool) -> int:
    ledger = await app.database.read(lambda tx: _ledger(tx, app, slug))
    if as_json:
        print_json(ledger)
    else:
        for line in _lines(ledger, app.config.blog.timezone):
            typer.echo(printable(line))
    return 0


def _ledger(tx: Transaction, app: App, slug: str) -> dict[str, Any]:
    row = next((one for one in issue_rows.outlines(tx, app.blog.id) if one.slug == slug), None)
    if row is None:
        raise UserFault(f"there is no issue {slug!r}; `rundbrief issues` lists them")
    said = {entry.object_id: entry for entry in entries.of_issue(tx, row.id)}
    links = report_of(tx, row.id)
    every = published.of_issue(tx, row.id, live=False)
    is_thread = any(one.section for one in every)
    posts = {str(one.id): (one.position, one.section) for one in every if is_thread}
    return _listed(app, row) | {
        "links": [_link(one) for one in links.rows],
        "links_in_short": links.sentence,
        "outgoing": [_outgoing(one, posts) for one in deliveries.standings(tx, app.blog.id, issue_id=row.id)],
        "looked": _looked(crawls.find(tx, row.id)),
        "incoming": [_incoming(one, said.get(ObjectId(one.object_id or ""))) for one in received.of_issue(tx, row.id)],
    }


def _lines(ledger: dict[str, Any], zone: ZoneInfo) -> Iterator[str]:
    """The ledger for a terminal, oldest first."""
    yield f"{ledger['title']} – {ledger['state']}, {in_zone(ledger['date'], zone)}"
    yield f"  page   {ledger['url']}"
    yield f"  object {ledger['object'] or 'none: nobody was told of it'}"
    yield "Sent:" if ledger["outgoing"] else "Sent: nothing"
    wide = width_of(one["server"] for one in ledger["outgoing"])
    for one in reversed(ledger["outgoing"]):
        sent = _SENT.get(one["type"], one["type"])
        yield f"  {sent:<10}  {one['server']:<{wide}}  {_standing(one, zone)}{_part(one)}"
    if ledger["links"]:
        yield f"Linked: {ledger['links_in_short']}"
    for one in ledger["links"]:
        later = f", tries again {in_zone(one['next'], zone)}" if one["state"] == "failed" and one["next"] else ""
        reason = one["reason"].removeprefix(f"GET {one['target']}: ") or "not told yet"
        yield f"  {one['state']:<8}  {one['target']} ({reason}{later})"
    if (looked := ledger["looked"]) is not None:
        found = f"{counted(looked['asked'], 'request')}, {counted(looked['found'], 'new comment')}"
        yield f"Looked for on other servers: {in_zone(looked['at'], zone)}, {found}"
        yield from [f"  not read: {looked['unread']}"] if looked["unread"] else []
    yield "Came in:" if ledger["incoming"] else "Came in: nothing"
    for one in reversed(ledger["incoming"]):
        times = "" if one["repeats"] == 0 else f", {one['repeats'] + 1} times"
        why = f" ({one['reason']})" if one["reason"] else ""
        yield f"  {_second(one['at'], zone)}  {one['verdict']}: {one['type']} by {one['actor']}{why}{times}"


def _link(one: SendRow) -> dict[str, Any]:
    return {
        "target": one.target,
        "state": one.state,
        "way": one.way,
        "endpoint": one.endpoint,
        "since": one.changed_at,
        "next": one.due_at,
        "reason": one.reason,
    }


def _outgoing(one: Standing, posts: Mapping[str, tuple[int, str | None]]) -> dict[str, Any]:
    """`posts` are place and section of the posts of a thread."""
    post, section = posts.get(one.object_id or "", (None, None))
    return {
        "server": one.server,
        "state": one.state,
        "since": one.changed_at,
        "next": one.due_at if one.state == "waiting" else None,
        "reason": one.reason,
        "type": one.type,
        "inbox": one.inbox,
        "attempts": one.attempts,
        "status": one.status,
        "post": post,
        "section": section,
    }


def _looked(row: CrawlRow | None) -> dict[str, Any] | None:
    """The last search for what was said elsewhere and not sent here."""
    if row is None:
        return None
    return {"at": row.checked_at, "asked": row.asked, "found": row.found, "unread": row.unread}


def _incoming(one: Received, entry: EntryRow | None) -> dict[str, Any]:
    """`entry` is what it brought: its state is how it stands now, where the author has judged it since."""
    return {
        "at": one.received_at,
        "type": word_for(one.type, entry.kind if entry else None),
        "actor": one.actor_id,
        "server": one.server,
        "activity": one.activity_id,
        "object": one.object_id,
        "verdict": entry.state if entry else word_of(one.verdict),
        "reason": entry.reason if entry and entry.state != word_of(one.verdict) else one.reason,
        "way": one.way,
        "repeats": one.repeats,
    }


#: What the ledger calls what was sent.
_SENT = {"Create": "post", "Update": "edit", "Delete": "taken back"}


def _part(one: dict[str, Any]) -> str:
    """Which post of a thread a line is about."""
    if one["post"] is None:
        return ""
    return "  (first post)" if one["section"] is None else f"  (post {one['post'] + 1}: {one['section']})"


def _second(moment: datetime, zone: ZoneInfo) -> str:
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M:%S %Z}"


def _standing(one: dict[str, Any], zone: ZoneInfo) -> str:
    reason = f": {one['reason']}" if one["reason"] else ""
    match one["state"]:
        case "delivered":
            return f"delivered {_second(one['since'], zone)}"
        case "waiting" if one["attempts"]:
            times = "once" if one["attempts"] == 1 else f"{one['attempts']} times"
            return f"failed {times}, retry {_second(one['next'], zone)}{reason}"
        case "waiting" if one["reason"]:
            return f"waits since {_second(one['since'], zone)}, next try {_second(one['next'], zone)}{reason}"
        case "waiting":
            return f"waits since {_second(one['since'], zone)}"
        case "given-up":
            return f"given up {_second(one['since'], zone)}{reason}"
        case state:
            return f"{state} {_second(one['since'], zone)}{reason}"
