"""`publish`, `issues`, `resend`, `withdraw`: what goes out, and what became of it."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer

from bridge.app import App
from bridge.cli.columns import width_of
from bridge.cli.options import ConfigOption, JsonOption, complain_of, print_json, with_app
from bridge.cli.progress import progress
from bridge.errors import UserFault
from bridge.inbox.names import word_for
from bridge.inbox.why import word_of
from bridge.issues.worktree import dirty_files, path_in
from bridge.outbox.again import Sent
from bridge.outbox.again import resend as send_again
from bridge.outbox.again import withdraw as take_back
from bridge.outbox.named import publish_named
from bridge.outbox.report import in_zone
from bridge.outbox.standing import left_alone
from bridge.store import deliveries, entries, linkback_sends, published, received
from bridge.store import issues as issue_rows
from bridge.store.database import Transaction
from bridge.store.deliveries import Standing
from bridge.store.entries import EntryRow
from bridge.store.linkback_sends import SendRow
from bridge.store.received import Received
from bridge.terms import ObjectId, Server

#: Looks at the ledger, ten a second; a script is hardly kept waiting, and not at all for many deliveries.
_ON_A_TERMINAL = 100
_ELSEWHERE = 11
_MANY = 500

_Slug = Annotated[str, typer.Argument(metavar="SLUG", show_default=False)]


def bring_in_line(
    files: Sequence[Path] | None, *, dry_run: bool, delete: bool, config: Path | None, as_json: bool
) -> int:
    """Publish, for the command `publish`, which has looked whether there is anything to do."""

    async def run(app: App) -> int:
        repository = app.publisher.repository
        only = [path_in(repository, file) for file in files] if files else None
        began = app.clock()
        if only:
            report = await publish_named(app.publisher, only, allow_delete=delete, dry_run=dry_run)
        else:
            report = await app.publisher.publish(allow_delete=delete, dry_run=dry_run)
        uncommitted = [path for path in dirty_files(repository) if only is None or path in only]
        told = await app.publisher.told(report, dry_run=dry_run)
        if as_json:
            print_json({**told.report, "uncommitted": uncommitted})
        else:
            for line in told.lines:
                typer.echo(line)
            for path in uncommitted:
                typer.echo(f"{path} would be committed first." if only and dry_run else left_alone(path))
            if not dry_run and told.deliveries:
                typer.echo(await _progress(app, told.deliveries, since=min(began, told.at)))
        refused = [str(fault) for step in report.steps for fault in step.faults]
        if report.is_refused:
            complain_of(refused)
        return 1 if report.is_refused else 0

    return with_app(config, run)


async def _progress(app: App, made: int, *, since: datetime) -> str:
    if not sys.stdout.isatty() and made >= _MANY:
        return f"{made} deliveries are on their way; `rundbrief deliveries` shows them."
    looks = _ON_A_TERMINAL if sys.stdout.isatty() else _ELSEWHERE
    return await progress(app.database, app.blog.id, since=since, looks=looks)


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
        zone = app.publisher.blog_config.timezone
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
    def read(tx: Transaction) -> dict[str, Any]:
        row = next((one for one in issue_rows.outlines(tx, app.blog.id) if one.slug == slug), None)
        if row is None:
            raise UserFault(f"there is no issue {slug!r}; `rundbrief issues` lists them")
        said = {entry.object_id: entry for entry in entries.of_issue(tx, row.id)}
        links = linkback_sends.report(tx, row.id)
        every = published.of_issue(tx, row.id, live=False)
        is_thread = any(one.section for one in every)
        posts = {str(one.id): (one.position, one.section) for one in every if is_thread}
        return _listed(app, row) | {
            "links": [_link(one) for one in links.rows],
            "links_in_short": links.sentence,
            "outgoing": [_outgoing(one, posts) for one in deliveries.standings(tx, app.blog.id, issue_id=row.id)],
            "incoming": [
                _incoming(one, said.get(ObjectId(one.object_id or ""))) for one in received.of_issue(tx, row.id)
            ],
        }

    ledger = await app.database.read(read)
    if as_json:
        print_json(ledger)
        return 0
    zone = app.publisher.blog_config.timezone
    typer.echo(f"{ledger['title']} – {ledger['state']}, {in_zone(ledger['date'], zone)}")
    typer.echo(f"  page   {ledger['url']}")
    typer.echo(f"  object {ledger['object'] or 'none: nobody was told of it'}")
    typer.echo("Sent:" if ledger["outgoing"] else "Sent: nothing")
    wide = width_of(one["server"] for one in ledger["outgoing"])
    for one in reversed(ledger["outgoing"]):
        typer.echo(
            f"  {_SENT.get(one['type'], one['type']):<10}  {one['server']:<{wide}}  {_standing(one, zone)}{_part(one)}"
        )
    if ledger["links"]:
        typer.echo(f"Linked: {ledger['links_in_short']}")
    for one in ledger["links"]:
        later = f", tries again {in_zone(one['next'], zone)}" if one["state"] == "failed" and one["next"] else ""
        reason = one["reason"].removeprefix(f"GET {one['target']}: ") or "not told yet"
        typer.echo(f"  {one['state']:<8}  {one['target']} ({reason}{later})")
    typer.echo("Came in:" if ledger["incoming"] else "Came in: nothing")
    for one in reversed(ledger["incoming"]):
        times = "" if one["repeats"] == 0 else f", {one['repeats'] + 1} times"
        why = f" ({one['reason']})" if one["reason"] else ""
        typer.echo(f"  {_second(one['at'], zone)}  {one['verdict']}: {one['type']} by {one['actor']}{why}{times}")
    return 0


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


def resend(
    slug: _Slug,
    to: Annotated[str | None, typer.Option("--to", metavar="SERVER", help="only to this server")] = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> int:
    """Send an issue again, under its own id, so that nobody who has it gets it twice; or publish a withdrawn one."""

    async def run(app: App) -> int:
        sent = await send_again(app.publisher, slug, None if to is None else Server(to.lower()))
        if sent.page_only and not as_json:
            typer.echo(f'{slug} is on its page again; its file says "federate: false", so nobody was told.')
            return 0
        return _tell(sent, as_json, f"{slug} is sent again", "nobody follows yet, so nothing was sent")

    return with_app(config, run)


def withdraw(slug: _Slug, config: ConfigOption = None, as_json: JsonOption = False) -> int:
    """Take an issue back everywhere and keep its file. It holds until the file changes, or `resend`."""

    async def run(app: App) -> int:
        sent = await take_back(app.publisher, slug)
        status = _tell(sent, as_json, f"{slug} is taken back", "nobody had got it")
        if not as_json:
            typer.echo(f"That holds until its file changes, or: rundbrief resend {slug}")
        return status

    return with_app(config, run)


def _tell(sent: Sent, as_json: bool, done: str, nobody: str) -> int:
    if as_json:
        print_json({"slug": sent.slug, "deliveries": sent.deliveries, "servers": sent.servers})
    elif sent.deliveries:
        what = "one delivery" if sent.deliveries == 1 else f"{sent.deliveries} deliveries"
        where = "one server" if sent.servers == 1 else f"{sent.servers} servers"
        typer.echo(f"{done}: {what} to {where}.")
    else:
        typer.echo(f"{done}: {nobody}.")
    return 0
