"""`publish`, `resend`, `withdraw`: what goes out, and what is taken back."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from bridge.app import App
from bridge.cli.options import ConfigOption, JsonOption, complain_of, print_json, with_app
from bridge.cli.progress import progress
from bridge.issues.worktree import dirty_files, path_in
from bridge.outbox.publish_files import publish_named
from bridge.outbox.resend import Sent
from bridge.outbox.resend import resend as send_again
from bridge.outbox.resend import withdraw as take_back
from bridge.outbox.standing import left_alone
from bridge.plurals import counted
from bridge.terms import Server

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
            typer.echo(f"It stays so until its file changes, or until: rundbrief resend {slug}")
        return status

    return with_app(config, run)


def _tell(sent: Sent, as_json: bool, done: str, nobody: str) -> int:
    if as_json:
        print_json({"slug": sent.slug, "deliveries": sent.deliveries, "servers": sent.servers})
    elif sent.deliveries:
        what = counted(sent.deliveries, "delivery", "deliveries")
        typer.echo(f"{done}: {what} to {counted(sent.servers, 'server')}.")
    else:
        typer.echo(f"{done}: {nobody}.")
    return 0
