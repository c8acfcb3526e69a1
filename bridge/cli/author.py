"""`publish`, `issues`: for the author."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bridge.app import App
from bridge.cli.options import ConfigOption, JsonOption, print_json, with_app
from bridge.issues.worktree import commit_files, dirty_files, path_in
from bridge.outbox.report import report_json, report_lines
from bridge.store import issues as issue_rows

_Files = Annotated[list[Path] | None, typer.Argument(metavar="[FILE]...", show_default=False)]


def publish(
    files: _Files = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="say what would happen, and do nothing")] = False,
    delete: Annotated[bool, typer.Option("--delete", help="take back several published issues")] = False,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> int:
    """Bring the world in line with the issue files of the last commit.

    With FILE those files are committed first, if need be, and only they are looked at.
    """

    async def run(app: App) -> int:
        repository = app.publisher.repository
        only = [path_in(repository, file) for file in files] if files else None
        if only and not dry_run:
            commit_files(repository, only, f"Publish {', '.join(only)}")
        report = await app.publisher.publish(only=only, allow_delete=delete, dry_run=dry_run)
        uncommitted = [path for path in dirty_files(repository) if only is None or path in only]
        if as_json:
            print_json({**report_json(report, app.blog), "uncommitted": uncommitted})
        else:
            for line in report_lines(report, app.blog, dry_run=dry_run):
                typer.echo(line)
            for path in uncommitted:
                typer.echo(f"{path} is changed but not committed, and was left alone.")
        return 1 if report.is_refused else 0

    return with_app(config, run)


def issues(
    slug: Annotated[str | None, typer.Argument(help="show the ledger of this issue")] = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> int:
    """List the issues."""

    async def run(app: App) -> int:
        rows = await app.database.read(lambda tx: issue_rows.all_of(tx, app.blog.id))
        listed = [
            {
                "slug": row.slug,
                "title": row.title,
                "state": row.state,
                "date": row.date,
                "url": app.blog.addresses.page(row.slug),
                "object": row.object_id,
            }
            for row in rows
            if slug is None or row.slug == slug
        ]
        if as_json:
            print_json(listed)
        else:
            for one in listed:
                typer.echo(f"{one['date']:%Y-%m-%d}  {one['state']:<10} {one['slug']}  {one['title']}")
        return 0

    return with_app(config, run)
