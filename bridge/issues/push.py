"""What git tells its receive hooks -> the one branch update that publishes, or why the push is refused.

The hidden commands `hook pre-receive` and `hook post-receive` call it (githooks(5): lines of `old new ref` on stdin,
push options in the environment).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

_HEADS = "refs/heads/"


@dataclass(frozen=True, kw_only=True, slots=True)
class RefUpdate:
    """One line of the hook's input; `old` or `new` is None where the reference did not, or will not exist."""

    old: str | None
    new: str | None
    ref: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Push:
    """What a push means. `commit` is what to publish, None when it touches tags only; `refusals` are sentences.

    `seen` is the last commit that the pusher knew of, None before the first.
    """

    commit: str | None
    branch: str | None
    seen: str | None = None
    adopts: bool = False  #: the first push: its branch becomes the one that publishes (`repository.adopt_branch`)
    refusals: tuple[str, ...] = ()


def read_updates(lines: Iterable[str]) -> list[RefUpdate]:
    """The lines of a hook's stdin."""
    updates: list[RefUpdate] = []
    for line in lines:
        old, new, ref = line.rstrip("\n").split(" ", 2)
        updates.append(RefUpdate(old=_existing(old), new=_existing(new), ref=ref))
    return updates


def push_options(environment: Mapping[str, str]) -> tuple[str, ...]:
    """What the pusher gave with `-o`, such as `delete`."""
    count = environment.get("GIT_PUSH_OPTION_COUNT", "0")
    return tuple(environment.get(f"GIT_PUSH_OPTION_{n}", "") for n in range(int(count) if count.isdecimal() else 0))


def judge_push(updates: Iterable[RefUpdate], *, branch: str | None, is_empty: bool) -> Push:
    """Find the update that publishes. `branch` is the one checked out; `is_empty`: it has no commit yet."""
    heads: dict[str, RefUpdate] = {}
    refusals: list[str] = []
    for update in updates:
        if update.ref.startswith(_HEADS):
            heads[update.ref.removeprefix(_HEADS)] = update
        elif not update.ref.startswith("refs/tags/"):
            refusals.append(f"{update.ref} is refused: only a branch and tags are taken here.")
    if branch is None:
        refusals.append("The issues folder has no branch checked out. Run `git switch main` in it, then push again.")
        return Push(commit=None, branch=None, refusals=tuple(refusals))
    target = branch
    if is_empty and branch not in heads and len(heads) == 1:
        target = next(iter(heads))
    for name, update in heads.items():
        if name != target:
            reason = f'The branch "{name}" is refused: only "{target}" is published here.'
            refusals.append(reason if update.new is None else f"{reason} Push with: git push REMOTE {name}:{target}")
        elif update.new is None:
            refusals.append(f'The branch "{name}" cannot be deleted, because it is the one that is published.')
    taken = heads.get(target)
    commit, seen = (taken.new, taken.old) if taken else (None, None)
    return Push(commit=commit, branch=target, seen=seen, adopts=target != branch, refusals=tuple(refusals))


def _existing(commit: str) -> str | None:
    return commit if commit.strip("0") else None
