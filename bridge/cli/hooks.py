"""The hidden commands that git's hooks run: judge a push before it is accepted, publish it after.

A pusher waits for both, so each looks first, with few imports, whether anything changed at all. What judges and what
publishes is loaded only when it did.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bridge.cli import first_look
from bridge.config import Config, find_config, read_config
from bridge.errors import BridgeError, UserFault
from bridge.garbage import nothing_to_find, spare_what_is_loaded
from bridge.issues import lock
from bridge.issues.git import Repository
from bridge.issues.push import Push, judge_push, push_options, read_updates
from bridge.issues.repository import adopt_branch
from bridge.issues.source import branch, head_commit, list_tree, shown_path
from bridge.issues.worktree import in_the_way, status
from bridge.outbox.standing import IN_LINE


def pre_receive(config: Path | None = None) -> int:
    """Judge a push: 0 accepts it, 1 refuses it whole, with reasons on the pusher's terminal."""
    settings = read_config(find_config(config, Path.cwd()))
    repository = Repository(folder=settings.issues_folder, quarantined=True)
    push = judge_push(read_updates(sys.stdin), branch=branch(repository), is_empty=head_commit(repository) is None)
    if push.refusals:
        return _refuse(list(push.refusals))
    if push.commit is None:
        return 0
    try:
        lock.take(repository.folder)
        lock.keep_until_the_end_of(os.getppid())
        _check_unmoved(repository, push)
        _check_may_write(settings)
        _check_folder(repository, push.commit)
        faults = _faults(settings, repository, push.commit)
        _check_unmoved(repository, push)  # an author's own commit in the folder waits for no turn
    except BridgeError as fault:
        return _refuse([str(fault)])
    if faults:
        return _refuse(faults)
    if push.adopts and push.branch is not None:
        adopt_branch(repository, push.branch)
    return 0


def _check_unmoved(repository: Repository, push: Push) -> None:
    """Raises UserFault where somebody was faster: git would take the folder along before it refuses the push."""
    if head_commit(repository) != push.seen:
        raise UserFault(f'Somebody else has pushed to "{push.branch}" meanwhile. Pull, then push again')


def _check_folder(repository: Repository, commit: str) -> None:
    """Raises UserFault where git could not bring the folder in line with the commit, and would say so in its words."""
    changed, untracked = status(repository)
    if names := ", ".join(map(shown_path, changed)):
        raise UserFault(f"The folder on the server has changes that are not committed ({names}): commit them there")
    if names := ", ".join(in_the_way(repository, commit, untracked)):
        raise UserFault(
            f"The folder on the server has files that are not committed and that this push would overwrite ({names}): "
            "commit them there and pull, or remove them there"
        )


def _faults(settings: Config, repository: Repository, commit: str) -> list[str]:
    """What the push is refused for. Raises UserFault for more than a file's fault."""
    if first_look.is_in_line(settings, list_tree(repository, commit)):
        return []
    judge = _loaded("bridge.cli.hook_judging", "judge")
    found: list[str] = judge(settings, repository, commit, allow_delete=_may_delete())
    return found


def post_receive(config: Path | None = None) -> int:
    """Publish the push that was just accepted, and say what went out."""
    settings = read_config(find_config(config, Path.cwd()))
    try:
        return _publish(settings)
    except BridgeError as error:
        print(f"The push is accepted but not published yet: {error}. The server tries again by itself.")
        return 1


def _publish(settings: Config) -> int:
    repository = Repository(folder=settings.issues_folder)
    commit = head_commit(repository)
    tree = None if commit is None else list_tree(repository, commit)
    settled = None if tree is None else first_look.settle(settings, tree)
    if settled:
        print(IN_LINE)
        return 0
    publish = _loaded("bridge.cli.hook_work", "publish")
    status: int = publish(settings, tree if settled is None else None, allow_delete=_may_delete())
    return status


def _loaded(module: str, name: str) -> Callable[..., Any]:
    with nothing_to_find():
        function: Callable[..., Any] = getattr(importlib.import_module(module), name)
    spare_what_is_loaded()
    return function


def _may_delete() -> bool:
    return "delete" in push_options(os.environ)


def _refuse(reasons: list[str]) -> int:
    for reason in reasons:
        print(reason)
    print("The push was refused; nothing was published.")
    return 1


def _check_may_write(settings: Config) -> None:
    """Raises UserFault for a user who could push but not publish; the database is judged when it is opened."""
    folder = settings.folder / "data"
    if not os.access(folder, os.W_OK | os.X_OK):
        raise UserFault(f"you may not write {folder}; push as the user who runs the blog, or ask them for permission")
