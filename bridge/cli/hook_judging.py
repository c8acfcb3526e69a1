"""A push that changes something -> what it is refused for; loaded by `hooks`, and asks nobody on the network."""

from __future__ import annotations

import asyncio

from bridge.clock import utc_now
from bridge.config import Config
from bridge.issues.git import Repository
from bridge.outbox import profile
from bridge.outbox.publish import Publisher
from bridge.store import blogs
from bridge.store.engines import open_database


def judge(settings: Config, repository: Repository, commit: str, *, allow_delete: bool) -> list[str]:
    """Warn of what would be taken back; return the faults. Raises UserFault where that would be too much."""
    return asyncio.run(_judge(settings, repository, commit, allow_delete=allow_delete))


async def _judge(settings: Config, repository: Repository, commit: str, *, allow_delete: bool) -> list[str]:
    # Without its jobs engine: nothing here makes work.
    database = open_database(settings.database.url, folder=settings.folder)
    try:
        row = await database.read(blogs.find)
        if row is None:
            return []
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
    finally:
        await database.close()
    faults = [str(fault) for step in report.steps for fault in step.faults]
    if not faults:
        for step in report.steps:
            for warning in step.warnings if step.loses else ():
                print(f"warning: {warning}")
    return faults
