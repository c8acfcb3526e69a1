"""A push that may change something -> what the pusher reads of its publishing; loaded by `hooks`.

Where the server was faster, nothing is left but to say what it did; what publishes is loaded only after that.
"""

from __future__ import annotations

import asyncio
import importlib
from dataclasses import dataclass

from bridge.cli.progress import progress
from bridge.clock import utc_now
from bridge.config import Config
from bridge.garbage import nothing_to_find, spare_what_is_loaded
from bridge.issues.source import IssueTree
from bridge.jobs.engine import open_store
from bridge.outbox.standing import IN_LINE, is_as_published
from bridge.store import blogs, issues, publications
from bridge.store.database import Database, Transaction
from bridge.store.publications import Publication


def publish(settings: Config, tree: IssueTree | None, *, allow_delete: bool) -> int:
    """Publish the last commit; print the lines that git shows as `remote:`.

    `tree` is that commit's where nobody has looked yet whether anything is left to publish of it.
    """
    return asyncio.run(_publish(settings, tree, allow_delete=allow_delete))


async def _publish(settings: Config, tree: IssueTree | None, *, allow_delete: bool) -> int:
    database = open_store(settings.database, folder=settings.folder)
    try:
        settled = None if tree is None else await database.write(lambda tx: _settle(tx, tree))
        if settled is not None:
            await _tell(database, settled)
            return 0
        with nothing_to_find():
            publishing = importlib.import_module("bridge.cli.hook_publishing")
        spare_what_is_loaded()
        status: int = await publishing.publish(settings, database, allow_delete=allow_delete)
        return status
    finally:
        await database.close()


@dataclass(frozen=True, kw_only=True)
class _Settled:
    """What publishing a commit did, and when; nothing is left to publish of it."""

    blog_id: int
    done: Publication | None


def _settle(tx: Transaction, tree: IssueTree) -> _Settled | None:
    """None for a commit of which something is left to publish."""
    row = blogs.find(tx)
    if row is None or tree.commit is None or not is_as_published(tree, issues.outlines(tx, row.id), utc_now()):
        return None
    if row.published_commit != tree.commit:
        tx.lock(f"publish {row.id}")
        blogs.record_published(tx, row.id, tree.commit)
    # The server may have looked before this hook did. What it had published is said here all the same.
    return _Settled(blog_id=row.id, done=publications.take(tx, row.id, tree.commit))


async def _tell(database: Database, settled: _Settled) -> None:
    for line in [IN_LINE] if settled.done is None else settled.done.lines:
        print(line)
    if settled.done and (sentence := await progress(database, settled.blog_id, since=settled.done.at)):
        print(sentence)
