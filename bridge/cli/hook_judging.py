"""A push that changes something -> what it is refused for; loaded by `hooks`, and asks nobody on the network."""

from __future__ import annotations

import typer

from bridge.clock import utc_now
from bridge.config import Config
from bridge.issues.git import Repository
from bridge.outbox import profile
from bridge.outbox.publish import Publisher
from bridge.store.blogs import BlogRow
from bridge.store.database import Database


async def judge(
    settings: Config, database: Database, row: BlogRow, repository: Repository, commit: str, *, allow_delete: bool
) -> list[str]:
    """Warn of what would be taken back; return the faults. Raises UserFault where that would be too much."""
    publisher = Publisher(
        blog_config=settings.blog,
        close_after=settings.comments.close_after,
        blog=profile.blog_from(row, settings.blog, icon=None, header=None),
        database=database,
        repository=repository,
        people=None,
        media=None,
        clock=utc_now,
    )
    report = await publisher.judge(commit, repository, allow_delete=allow_delete)
    faults = [str(fault) for step in report.steps for fault in step.faults]
    if not faults:
        for step in report.steps:
            for warning in step.warnings if step.action == "delete" else ():
                typer.echo(f"warning: {warning}")
    return faults
