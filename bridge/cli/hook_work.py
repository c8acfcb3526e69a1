"""A push that changes something -> its publishing, and what the pusher reads of it; loaded by `hooks`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime

import typer

from bridge.app import App, opened
from bridge.clock import utc_now
from bridge.config import Config
from bridge.outbox.report import report_lines
from bridge.store import deliveries

_LOOK = 0.1  #: seconds between two looks at the ledger
_LOOKS = 30  #: the pusher waits no longer for servers that are slow
_IDLE = 10  #: looks without any delivery: no server of ours is running


async def publish(settings: Config, *, allow_delete: bool) -> int:
    """Publish the last commit; print the lines that git shows as `remote:`."""
    async with opened(settings) as app:
        begun = utc_now()
        report = await app.publisher.publish(allow_delete=allow_delete)
        told = list(report_lines(report, app.blog))
        if not report.steps and report.commit is not None:
            told = await app.publisher.lines_of(report.commit) or told
        for line in told:
            typer.echo(line)
        if sum(report.deliveries):
            async for line in _progress(app, begun):
                typer.echo(line)
        return 1 if report.is_refused else 0


async def _progress(app: App, begun: datetime) -> AsyncIterator[str]:
    """How the deliveries get on, as long as that is quick."""
    tried = made = 0
    for look in range(_LOOKS):
        tried, made = await app.database.read(lambda tx: deliveries.progress(tx, app.blog.id, since=begun))
        if tried == made or (tried == 0 and look == _IDLE):
            break
        await asyncio.sleep(_LOOK)
    if tried == made:
        yield f"All {made} deliveries were made." if made > 1 else "The delivery was made."
    elif tried:
        yield f"{tried} of {made} deliveries were made, the others follow; `rundbrief deliveries` shows them."
    else:
        yield "The deliveries are made as soon as `rundbrief serve` runs."
