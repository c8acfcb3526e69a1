"""The hidden commands that git's hooks run: judge a push before it is accepted, publish it after."""

from __future__ import annotations

import asyncio
import os
import sys

import typer

from bridge.app import App, opened
from bridge.cli.options import ConfigOption, config_from, with_app
from bridge.config import Config
from bridge.errors import BridgeError, UserFault
from bridge.issues.git import Repository
from bridge.issues.push import judge_push, push_options, read_updates
from bridge.issues.repository import adopt_branch
from bridge.issues.source import branch, head_commit
from bridge.issues.worktree import dirty_files
from bridge.outbox.report import report_lines


def pre_receive(config: ConfigOption = None) -> int:
    """Judge a push: 0 accepts it, 1 refuses it whole, with reasons on the pusher's terminal."""
    settings = config_from(config)
    repository = Repository(folder=settings.issues_folder, quarantined=True)
    push = judge_push(read_updates(sys.stdin), branch=branch(repository), is_empty=head_commit(repository) is None)
    if push.refusals:
        return _refuse(list(push.refusals))
    if push.commit is None:
        return 0
    _check_may_write(settings)
    if changed := dirty_files(repository, untracked=False):
        return _refuse(
            [f"The folder on the server has changes that are not committed ({', '.join(changed)}): commit them there."]
        )
    commit = push.commit

    async def judge() -> list[str]:
        async with opened(settings) as app:
            report = await app.publisher.judge(commit, repository, allow_delete="delete" in push_options(os.environ))
            return [str(fault) for step in report.steps for fault in step.faults]

    try:
        faults = asyncio.run(judge())
    except UserFault as fault:
        return _refuse([str(fault)])
    if faults:
        return _refuse(faults)
    if push.adopts and push.branch is not None:
        adopt_branch(repository, push.branch)
    return 0


def _refuse(reasons: list[str]) -> int:
    for reason in reasons:
        typer.echo(reason)
    typer.echo("The push was refused; nothing was published.")
    return 1


def _check_may_write(settings: Config) -> None:
    """Raises UserFault for a user who could push but not publish."""
    data = settings.folder / "data"
    if not os.access(data, os.W_OK):
        raise UserFault(f"you may not write {data}; push as the user who runs the blog, or ask them for the right")


def post_receive(config: ConfigOption = None) -> int:
    """Publish the push that was just accepted, and say what went out."""
    options = push_options(os.environ)

    async def run(app: App) -> int:
        report = await app.publisher.publish(allow_delete="delete" in options)
        told = list(report_lines(report, app.blog))
        if not report.steps and report.commit is not None:
            told = await app.publisher.lines_of(report.commit) or told
        for line in told:
            typer.echo(line)
        return 1 if report.is_refused else 0

    try:
        return with_app(config, run)
    except BridgeError as error:
        typer.echo(f"The push is accepted but not published yet: {error}. The server tries again by itself.")
        return 1
