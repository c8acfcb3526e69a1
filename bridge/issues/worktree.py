"""The issues folder as saved -> its issue files and what is not committed; called by `lint`, `preview` and `publish`.

No link is ever followed: what a path names must lie in the folder itself (S118).
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NoReturn

from bridge.errors import Fault, IssueFaults, UserFault
from bridge.issues import lock
from bridge.issues.git import Repository
from bridge.issues.limits import MOST_BYTES
from bridge.issues.source import PICTURE_SUFFIXES, FoundFile, IssueTree, shown_path, tree_of

#: The identity of a commit where git knows none, as on a fresh server.
_NOBODY = {
    f"GIT_{role}_{part}": value
    for role in ("AUTHOR", "COMMITTER")
    for part, value in (("NAME", "Rundbrief"), ("EMAIL", "rundbrief@localhost"))
}


def dirty_files(repository: Repository) -> list[str]:
    """The paths that are changed but not committed, sorted; names that begin with `_` or `.` are not looked at."""
    changed, untracked = status(repository)
    return sorted(shown_path(path) for path in (*changed, *untracked) if not _is_ignored(path))


def status(repository: Repository) -> tuple[list[bytes], list[bytes]]:
    """The paths that are changed but not committed, and those that git does not know yet."""
    listing = repository.git(
        "status", "--porcelain=v1", "-z", "--no-renames", "--ignore-submodules=all", "--untracked-files=all"
    ).output
    entries = [entry for entry in listing.split(b"\0") if entry]
    changed = [entry[3:] for entry in entries if entry[:2] != b"??"]
    return changed, [entry[3:] for entry in entries if entry[:2] == b"??"]


def uncommitted(repository: Repository, paths: Sequence[str]) -> list[str]:
    """What is changed but not committed of these issue files, of a folder its pictures too."""
    return [path for path in dirty_files(repository) if any(_belongs_to(path, issue) for issue in paths)]


def in_the_way(repository: Repository, commit: str, untracked: Sequence[bytes]) -> list[str]:
    """Of the files that git does not know here, those that taking the commit would overwrite."""
    if not untracked:
        return []
    names = repository.git("ls-tree", "-r", "-z", "--full-tree", "--name-only", commit, "--", *untracked).output
    return [shown_path(name) for name in names.split(b"\0") if name]


def commit_files(repository: Repository, paths: Sequence[str], message: str) -> str | None:
    """Commit exactly these issue files, of a folder its pictures too, whatever else is staged.

    The new commit, or None where there was nothing to commit. A file that is gone is committed as removed.
    """
    held = lock.take(repository.folder)
    try:
        wanted = uncommitted(repository, paths)
        if not wanted:
            return None
        repository.git("add", "--all", "--", *wanted)
        extra = _identity(repository)
        named = ("commit", "--quiet", "--only", "--no-verify", f"--message={message}", "--", *wanted)
        repository.git(*named, extra=extra)
        return repository.git("rev-parse", "--verify", "HEAD").output.decode().strip()
    finally:
        os.close(held)


def path_in(repository: Repository, file: Path) -> str:
    """A file that a user named -> its path below the issues folder; a folder stands for its `index.md`.

    What is not here is looked for as seen from the issues folder and from the blog's. Raises UserFault for anything
    outside the issues folder.
    """
    folder = repository.folder.resolve()
    # `--config` lets a command run anywhere, and there `24.md` and `issues/24.md` still mean the blog's own.
    elsewhere = () if os.path.lexists(file) else (folder / file, folder.parent / file)
    for named in (*(other for other in elsewhere if os.path.lexists(other)), file):
        # The parent alone is resolved: that the file itself is a link is for `read_saved` to refuse.
        whole = Path(os.path.abspath(named))
        whole = whole.parent.resolve() / whole.name
        if whole != folder and whole.is_dir() and not whole.is_symlink():
            whole = whole / "index.md"
        if whole != folder and whole.is_relative_to(folder):
            return whole.relative_to(folder).as_posix()
    if not os.path.lexists(file):
        raise UserFault(f"there is no file {file} here; issue files are in {folder}")
    raise UserFault(f"{file} is not in {folder}")


def read_saved(repository: Repository, path: str, *, most: int = MOST_BYTES) -> bytes:
    """The bytes of one file below the folder as saved; raises IssueFaults for links and for files over `most` bytes."""
    parts = path.split("/")
    if "\0" in path or any(part in ("", ".", "..") for part in parts):
        _refuse(path, "The path leads out of the issues folder")
    opened: list[int] = []
    try:
        opened.append(os.open(repository.folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC))
        for part in parts[:-1]:
            flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
            opened.append(os.open(part, flags, dir_fd=opened[-1]))
        # O_NONBLOCK: a named pipe must not hold us up before it is known to be one.
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        opened.append(os.open(parts[-1], flags, dir_fd=opened[-1]))
        about = os.fstat(opened[-1])
        if not stat.S_ISREG(about.st_mode):
            _refuse(path, "This is no ordinary file")
        if about.st_size > most:
            _refuse(path, f"The file is over {most // 1024 // 1024} MiB")
        with os.fdopen(opened.pop(), "rb") as file:
            return file.read(most + 1)[:most]
    except OSError as broken:
        is_link = repository.folder.joinpath(*parts).is_symlink()
        _refuse(path, "This is a symbolic link" if is_link else f"The file cannot be read: {broken.strerror}")
    finally:
        for descriptor in opened:
            os.close(descriptor)


def read_saved_tree(repository: Repository) -> IssueTree:
    """List the issue files as saved. A blob here is a mark of size and time, good only for comparing with itself."""
    if not repository.folder.is_dir():
        raise UserFault(f"The folder {repository.folder} does not exist. Run `rundbrief init`")
    return tree_of(_found_in(os.fsencode(repository.folder), b""), commit=None)


def _found_in(folder: bytes, below: bytes) -> Iterator[FoundFile]:
    with os.scandir(folder) as entries:
        for entry in entries:
            path = below + entry.name
            if _is_ignored(entry.name):
                continue
            if entry.is_dir(follow_symlinks=False):
                yield from _found_in(entry.path, path + b"/")
            elif entry.is_symlink() or entry.is_file(follow_symlinks=False):
                about = entry.stat(follow_symlinks=False)
                mark = f"saved-{about.st_size}-{about.st_mtime_ns}"
                kind = "link" if entry.is_symlink() else "file"
                yield FoundFile(path=path, kind=kind, blob=mark, size=about.st_size)


def _is_ignored(path: bytes) -> bool:
    return any(part[:1] in (b"_", b".") for part in path.split(b"/"))


def _belongs_to(path: str, issue: str) -> bool:
    folder, _, name = issue.rpartition("/")
    if path == issue:
        return True
    return name.lower() == "index.md" and path.startswith(folder + "/") and path.lower().endswith(PICTURE_SUFFIXES)


def _identity(repository: Repository) -> dict[str, str]:
    known = repository.git("config", "--get", "user.email", fine=(0, 1)).status == 0
    return {} if known else {name: repository.environment.get(name, value) for name, value in _NOBODY.items()}


def _refuse(path: str, reason: str) -> NoReturn:
    raise IssueFaults([Fault(shown_path(os.fsencode(path)), None, reason)])
