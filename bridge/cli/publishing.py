"""`publish`: looks whether there is anything to publish before it loads what publishes."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Annotated

import typer

from bridge.cli import first_look
from bridge.cli.options import ConfigOption, Files, JsonOption, config_from
from bridge.garbage import nothing_to_find, spare_what_is_loaded
from bridge.issues.git import Repository
from bridge.issues.source import head_commit, list_tree
from bridge.issues.worktree import dirty_files
from bridge.outbox.standing import IN_LINE, left_alone


def publish(
    files: Files = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="say what would happen, and do nothing")] = False,
    delete: Annotated[bool, typer.Option("--delete", help="take back several published issues")] = False,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> int:
    """Bring the world in line with the issue files of the last commit.

    With FILE those files are committed first, if need be, and only they are looked at.
    """
    if not (files or dry_run or as_json) and _is_settled(config):
        return 0
    with nothing_to_find():
        author = importlib.import_module("bridge.cli.author")
    spare_what_is_loaded()
    status: int = author.bring_in_line(files, dry_run=dry_run, delete=delete, config=config, as_json=as_json)
    return status


def _is_settled(config: Path | None) -> bool:
    """Whether there is nothing to publish; then that is said."""
    settings = config_from(config)
    repository = Repository(folder=settings.issues_folder)
    commit = head_commit(repository)
    if commit is None or not first_look.settle(settings, list_tree(repository, commit)):
        return False
    typer.echo(IN_LINE)
    for path in dirty_files(repository):
        typer.echo(left_alone(path))
    return True
