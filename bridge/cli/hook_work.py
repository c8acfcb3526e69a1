"""A push that changes something -> its publishing, and what the pusher reads of it; loaded by `hooks`."""

from __future__ import annotations

import typer

from bridge.app import opened
from bridge.cli.progress import progress
from bridge.clock import utc_now
from bridge.config import Config


async def publish(settings: Config, *, allow_delete: bool) -> int:
    """Publish the last commit; print the lines that git shows as `remote:`."""
    async with opened(settings) as app:
        begun = utc_now()
        report = await app.publisher.publish(allow_delete=allow_delete)
        told = await app.publisher.told(report, warned=True)
        for line in told.lines:
            typer.echo(line)
        if told.deliveries:
            typer.echo(await progress(app.database, app.blog.id, since=min(begun, told.at)))
        return 1 if report.is_refused else 0
