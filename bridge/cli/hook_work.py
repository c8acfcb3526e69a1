"""A push that changes something -> its publishing, and what the pusher reads of it; loaded by `hooks`."""

from __future__ import annotations

import typer

from bridge.app import opened
from bridge.cli.progress import progress
from bridge.clock import utc_now
from bridge.config import Config
from bridge.outbox.report import report_lines


async def publish(settings: Config, *, allow_delete: bool) -> int:
    """Publish the last commit; print the lines that git shows as `remote:`."""
    async with opened(settings) as app:
        begun = utc_now()
        report = await app.publisher.publish(allow_delete=allow_delete)
        told = list(report_lines(report, app.blog, warned=True))
        if not report.steps and report.commit is not None:
            told = await app.publisher.lines_of(report.commit) or told
        for line in told:
            typer.echo(line)
        if sum(report.deliveries):
            typer.echo(await progress(app.database, app.blog.id, since=begun))
        return 1 if report.is_refused else 0
