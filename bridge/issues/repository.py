"""A folder -> a git repository that takes pushes of issues; called by `init`, and by the hook for a first push.

Forced pushes are left allowed, as git's own default is: who types `--force` means it, and what goes out is decided by
comparing trees, not histories, so a rewritten history publishes exactly what its last commit says.
"""

from __future__ import annotations

import os
from pathlib import Path

from bridge.errors import UserFault
from bridge.issues import hooks
from bridge.issues.git import Repository
from bridge.issues.source import branch

#: The branch of a new repository; in one that is there already, the branch that is checked out publishes.
_BRANCH = "main"
_SETTINGS = {
    "receive.denyCurrentBranch": "updateInstead",
    "receive.advertisePushOptions": "true",
}


def prepare(folder: Path, *, python: str, config: Path, root: Path | None = None) -> list[str]:
    """Make `folder` accept pushes; sentences of what was done. Changes nothing of the author's and may run again.

    `python` and `config` must be full paths; `root` is the folder that holds `bridge` where it is not installed.
    """
    for path in (Path(python), config, *([root] if root else [])):
        if not path.is_absolute() or not str(path).isprintable():
            raise UserFault(f"{str(path)!r} must be a full path without line breaks, because git's hooks name it")
    done: list[str] = []
    try:
        repository = _repository(folder, done)
        _settle(repository, done)
        _install_hooks(repository, done, python=python, config=config, root=root)
    except OSError as broken:
        raise UserFault(f"{broken.filename or folder} cannot be written: {broken.strerror}") from broken
    return done


def adopt_branch(repository: Repository, name: str) -> None:
    """Make the first pushed branch the one that publishes; only for a repository without a commit.

    The pre-receive hook calls it when all is accepted: git looks up HEAD after that hook, so it then fills the folder.
    """
    # Outside the quarantine, in which git refuses to change a reference.
    Repository(folder=repository.folder, environment=repository.environment).git(
        "symbolic-ref", "HEAD", f"refs/heads/{name}"
    )


def why_unchecked(folder: Path) -> str | None:
    """Why the hooks of this folder do not run at a push, as after a move to another place; None where they do.

    git says nothing of a hooks folder that is not there, and takes every push. Hooks that the author chose are theirs.
    """
    if not (folder / ".git").exists():
        return None
    repository = Repository(folder=folder)
    try:
        own_hooks, chosen = _hooks_folder(repository), _setting(repository, "core.hooksPath")
    except UserFault:  # whoever needs git next says so
        return None
    if chosen is not None and not _is_git_folder_of_hooks(chosen):
        return None
    if chosen is not None and Path(chosen) != own_hooks:
        reason = f"git looks for hooks in {chosen}, and they are in {own_hooks}"
    elif absent := [name for name in hooks.NAMES if not (own_hooks / name).exists()]:
        reason = f"there is no hook {own_hooks / absent[0]}"
    else:
        return None
    return f"A push is not checked by this blog, because {reason}; run `rundbrief init` again"


def _is_git_folder_of_hooks(path: str) -> bool:
    return Path(path).name == "hooks" and Path(path).parent.name == ".git"


def _repository(folder: Path, done: list[str]) -> Repository:
    repository = Repository(folder=folder)
    if (folder / ".git").exists():
        name = branch(repository)
        if name is None:
            raise UserFault(f"{folder} has no branch checked out. Run `git switch {_BRANCH}` there")
        if name != _BRANCH:
            done.append(f'The branch "{name}" of {folder} is the one that publishes.')
        return repository
    if (folder / "HEAD").exists() and (folder / "objects").is_dir():
        raise UserFault(f"{folder} is a bare repository. Give the blog an ordinary one: `git clone {folder} DIR`")
    folder.mkdir(parents=True, exist_ok=True)
    repository.create(_BRANCH)
    done.append(f'Made the git repository {folder}; its branch "{_BRANCH}" is the one that publishes.')
    return repository


def _settle(repository: Repository, done: list[str]) -> None:
    wanted = dict(_SETTINGS)
    own_hooks = str(_hooks_folder(repository))
    hooks_path = _setting(repository, "core.hooksPath")
    if hooks_path is None or _is_git_folder_of_hooks(hooks_path):
        # Set, though it is the default: a user's or the machine's own core.hooksPath would hide our hooks.
        wanted["core.hooksPath"] = own_hooks
    else:
        done.append(
            f"core.hooksPath of {repository.folder} is {hooks_path} and was left as it is: a push publishes only "
            f"if the hooks there call those in {own_hooks}."
        )
    changed = {name: value for name, value in wanted.items() if _setting(repository, name) != value}
    for name, value in changed.items():
        repository.git("config", "--local", "--replace-all", name, value)
    if "receive.denyCurrentBranch" in changed:
        done.append(f"{repository.folder} accepts `git push` and then holds what was pushed.")


def _setting(repository: Repository, name: str) -> str | None:
    answer = repository.git("config", "--local", "--get", name, fine=(0, 1))
    return os.fsdecode(answer.output).rstrip("\n") if answer.status == 0 else None


def _hooks_folder(repository: Repository) -> Path:
    # The common folder, which a linked work tree shares with its repository.
    common = repository.git("rev-parse", "--git-common-dir").output
    return (repository.folder / os.fsdecode(common).rstrip("\n")).resolve() / "hooks"


def _install_hooks(repository: Repository, done: list[str], *, python: str, config: Path, root: Path | None) -> None:
    folder = _hooks_folder(repository)
    folder.mkdir(exist_ok=True)
    for name in hooks.NAMES:
        path = folder / name
        text = hooks.hook_text(name, python=python, config=config, root=root)
        before = path.read_text(encoding="utf-8", errors="replace") if path.exists() or path.is_symlink() else None
        if before is not None and hooks.MARK not in before:
            call = text.rstrip().rpartition("\n")[2].removeprefix("exec ")
            done.append(f"The hook {path} is yours and was left as it is. A push publishes only if it calls: {call}")
        elif before != text:
            _write_hook(path, text)
            done.append(f"{'Installed' if before is None else 'Renewed'} the hook {path}.")


def _write_hook(path: Path, text: str) -> None:
    # Beside it and then moved: a push that comes in between finds a whole hook.
    fresh = path.with_name(path.name + ".new")
    fresh.write_text(text, encoding="utf-8")
    fresh.chmod(0o755)
    fresh.replace(path)
