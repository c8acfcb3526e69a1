"""The hidden commands that git's hooks run: judge a push before it is accepted, publish it after.

A pusher waits for both, so each looks first, with few imports, whether anything changed at all. What judges and what
publishes is loaded only when it did.
"""

from __future__ import annotations

import asyncio
import importlib
import os
import sys
from dataclasses import dataclass

import typer

from bridge.cli.options import ConfigOption, config_from
from bridge.cli.progress import progress
from bridge.clock import utc_now
from bridge.config import Config
from bridge.errors import BridgeError, UserFault
from bridge.issues.git import Repository
from bridge.issues.push import judge_push, push_options, read_updates
from bridge.issues.repository import adopt_branch
from bridge.issues.source import IssueTree, branch, head_commit, read_tree
from bridge.issues.worktree import dirty_files
from bridge.outbox.standing import IN_LINE, is_as_published
from bridge.store import blogs, issues, publications
from bridge.store.blogs import BlogRow
from bridge.store.database import Database, Transaction
from bridge.store.engines import open_database
from bridge.store.issues import Outline
from bridge.store.publications import Publication


def pre_receive(config: ConfigOption = None) -> int:
    """Judge a push: 0 accepts it, 1 refuses it whole, with reasons on the pusher's terminal."""
    settings = config_from(config)
    repository = Repository(folder=settings.issues_folder, quarantined=True)
    push = judge_push(read_updates(sys.stdin), branch=branch(repository), is_empty=head_commit(repository) is None)
    if push.refusals:
        return _refuse(list(push.refusals))
    if push.commit is None:
        return 0
    try:
        _check_may_write(settings)
        if changed := dirty_files(repository, untracked=False):
            names = ", ".join(changed)
            raise UserFault(f"The folder on the server has changes that are not committed ({names}): commit them there")
        faults = asyncio.run(_faults(settings, repository, push.commit))
    except BridgeError as fault:
        return _refuse([str(fault)])
    if faults:
        return _refuse(faults)
    if push.adopts and push.branch is not None:
        adopt_branch(repository, push.branch)
    return 0


async def _faults(settings: Config, repository: Repository, commit: str) -> list[str]:
    """What the push is refused for. Raises UserFault for more than a file's fault."""
    database = _open(settings)
    try:
        row, rows, _ = await database.read(_standing)
        tree = read_tree(repository, commit)
        if row is None or is_as_published(tree, rows, utc_now()):
            return []
        judging = importlib.import_module("bridge.cli.hook_judging")
        found: list[str] = await judging.judge(
            settings, database, row, repository, commit, allow_delete="delete" in push_options(os.environ)
        )
        return found
    finally:
        await database.close()


def post_receive(config: ConfigOption = None) -> int:
    """Publish the push that was just accepted, and say what went out."""
    settings = config_from(config)
    try:
        return asyncio.run(_publish(settings))
    except BridgeError as error:
        typer.echo(f"The push is accepted but not published yet: {error}. The server tries again by itself.")
        return 1


async def _publish(settings: Config) -> int:
    repository = Repository(folder=settings.issues_folder)
    database = _open(settings)
    try:
        commit = head_commit(repository)
        tree = None if commit is None else read_tree(repository, commit)
        settled = None if tree is None else await database.write(lambda tx: _settle(tx, tree))
        if settled is not None:
            for line in [IN_LINE] if settled.done is None else settled.done.lines:
                typer.echo(line)
            if settled.done and (sentence := await progress(database, settled.blog_id, since=settled.done.at)):
                typer.echo(sentence)
            return 0
    finally:
        await database.close()
    publishing = importlib.import_module("bridge.cli.hook_work")
    status: int = await publishing.publish(settings, allow_delete="delete" in push_options(os.environ))
    return status


@dataclass(frozen=True, kw_only=True)
class _Settled:
    """What publishing a commit did, and when; nothing is left to publish of it."""

    blog_id: int
    done: Publication | None


def _settle(tx: Transaction, tree: IssueTree) -> _Settled | None:
    """None for a commit of which something is left to publish."""
    row, rows, published = _standing(tx)
    if row is None or tree.commit is None or not is_as_published(tree, rows, utc_now()):
        return None
    if published != tree.commit:
        tx.lock(f"publish {row.id}")
        blogs.record_published(tx, row.id, tree.commit)
    # The server may have looked before this hook did. What it had published is said here all the same.
    return _Settled(blog_id=row.id, done=publications.take(tx, row.id, tree.commit))


def _standing(tx: Transaction) -> tuple[BlogRow | None, list[Outline], str | None]:
    row = blogs.find(tx)
    return (None, [], None) if row is None else (row, issues.outlines(tx, row.id), row.published_commit)


def _open(settings: Config) -> Database:
    # Without its jobs engine: nothing here makes work.
    return open_database(settings.database.url, folder=settings.folder)


def _refuse(reasons: list[str]) -> int:
    for reason in reasons:
        typer.echo(reason)
    typer.echo("The push was refused; nothing was published.")
    return 1


def _check_may_write(settings: Config) -> None:
    """Raises UserFault for a user who could push but not publish; the database is judged when it is opened."""
    folder = settings.folder / "data"
    if not os.access(folder, os.W_OK | os.X_OK):
        raise UserFault(f"you may not write {folder}; push as the user who runs the blog, or ask them for the right")
