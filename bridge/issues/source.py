"""The issues folder in git -> which issue files a commit holds, and their bytes; called by the outbox and the hooks.

Read from git's objects, never from the work tree, so that a push can be judged before it is accepted; only `lint` and
`preview` read files as saved (`worktree`). Nothing here parses an issue: blob ids tell the caller what is unchanged.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from html import unescape
from typing import NamedTuple
from urllib.parse import unquote

from bridge.errors import Fault, UserFault
from bridge.issues.git import Repository, is_commit_id
from bridge.issues.limits import MOST_BYTES

#: Names that mark a picture. Which of them may go out is `lint`'s business.
PICTURE_SUFFIXES = (
    ".avif", ".bmp", ".gif", ".heic", ".heif", ".jpeg", ".jpg", ".png", ".svg", ".tif", ".tiff", ".webp",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True, slots=True)
class PictureFile:
    """A picture that an issue may show. `name` is relative to the issue's file, as its Markdown names it (NFC)."""

    name: str
    path: str  #: below the issues folder, as git has it
    blob: str
    size: int  #: bytes


@dataclass(frozen=True, kw_only=True, slots=True)
class IssueFile:
    """One issue file of a commit, not yet read."""

    path: str
    blob: str
    size: int  #: bytes
    pictures: tuple[PictureFile, ...] = ()  #: those of its folder; for `24.md` those that lie in no issue's folder

    @property
    def fingerprint(self) -> str:
        """The same fingerprint, the same issue: the file need not be read again. Another one says nothing yet."""
        whole = hashlib.sha256(self.blob.encode())
        for picture in self.pictures:
            whole.update(f"\0{picture.name}\0{picture.blob}".encode())
        return whole.hexdigest()

    def pictures_in(self, raw: bytes) -> dict[str, PictureFile]:
        """The pictures that its text names, as written or as an address spells them, by name."""
        if not self.pictures:
            return {}
        text = unicodedata.normalize("NFC", raw.decode("utf-8", "replace"))
        plain = unescape(text.replace("\\", ""))
        texts = (text, plain, unicodedata.normalize("NFC", unquote(plain)))
        return {picture.name: picture for picture in self.pictures if any(picture.name in text for text in texts)}


@dataclass(frozen=True, kw_only=True, slots=True)
class IssueTree:
    """The issue files of one commit (None: as saved), by path, and what is wrong before any of them is read."""

    commit: str | None
    files: tuple[IssueFile, ...]
    faults: tuple[Fault, ...]


class FoundFile(NamedTuple):
    """One entry of a tree or folder, before it is known whether it belongs to an issue."""

    path: bytes
    kind: str  #: file, link or submodule
    blob: str
    size: int


def head_commit(repository: Repository) -> str | None:
    """The last commit of the branch that publishes; None before the first."""
    answer = repository.git("rev-parse", "--verify", "--quiet", "HEAD^{commit}", fine=(0, 1))
    return answer.output.decode().strip() or None


def head_mark(repository: Repository) -> object | None:
    """A mark that changes when another commit becomes the last one, without a git process.

    None where that cannot be told by looking at files: a linked work tree, or references kept in tables.
    """
    folder = repository.folder / ".git"
    try:
        head = (folder / "HEAD").read_bytes()
        name = head.removeprefix(b"ref: ").strip().decode()
        if head[:10] != b"ref: refs/" or ".." in name or (folder / "reftable").exists():
            return None
        packed = folder / "packed-refs"
        about = packed.stat() if packed.exists() else None
        loose = folder / name
        return (name, loose.read_bytes() if loose.exists() else b"", about and (about.st_mtime_ns, about.st_size))
    except (OSError, UnicodeDecodeError):
        return None


def branch(repository: Repository) -> str | None:
    """The branch that the folder has checked out, such as `main`; None when HEAD is at a bare commit."""
    answer = repository.git("symbolic-ref", "--quiet", "HEAD", fine=(0, 1))
    return answer.output.decode("utf-8", "replace").strip().removeprefix("refs/heads/") or None


def commit_exists(repository: Repository, commit: str) -> bool:
    """Whether the repository (still) holds the commit."""
    if not is_commit_id(commit):
        return False
    return repository.git("cat-file", "-e", f"{commit}^{{commit}}", fine=(0, 1, 128)).status == 0


def is_behind(repository: Repository, commit: str, published: str | None) -> bool:
    """Whether `commit` is an earlier one than what was published, as after a backup was put back."""
    if published is None or commit == published or not commit_exists(repository, published):
        return False
    return repository.git("merge-base", "--is-ancestor", commit, published, fine=(0, 1)).status == 0


def list_tree(repository: Repository, commit: str) -> IssueTree:
    """A commit's issue files with their pictures; raises UserFault for an unknown commit.

    Without sizes (they are 0), which git looks up object by object, and so without the faults of size: `with_sizes`.
    """
    if not is_commit_id(commit):
        raise UserFault(f"{commit!r} is no commit's full name")
    listing = repository.git("ls-tree", "-r", "-z", "--full-tree", commit, "--").output
    return tree_of([_found(entry) for entry in listing.split(b"\0") if entry], commit=commit)


def with_sizes(repository: Repository, tree: IssueTree, *, known: Collection[str] = ()) -> IssueTree:
    """The tree with the sizes of all files but those at the `known` paths, and its faults of size."""
    wanted = [file for file in tree.files if file.path not in known]
    blobs = {file.blob for file in wanted} | {picture.blob for file in wanted for picture in file.pictures}
    sizes = _blob_sizes(repository, blobs)
    files: list[IssueFile] = []
    faults: list[Fault] = []
    for file in tree.files:
        if file.path in known:
            files.append(file)
        elif fault := _size_fault(file.path, sizes[file.blob]):
            faults.append(fault)
        else:
            pictures = tuple(replace(picture, size=sizes[picture.blob]) for picture in file.pictures)
            files.append(replace(file, size=sizes[file.blob], pictures=pictures))
    return replace(
        tree, files=tuple(files), faults=tuple(sorted([*tree.faults, *faults], key=lambda fault: fault.path))
    )


def _blob_sizes(repository: Repository, blobs: Collection[str]) -> dict[str, int]:
    """The bytes that each has; raises UserFault where one is missing."""
    if not blobs:
        return {}
    asked = "".join(f"{blob}\n" for blob in blobs).encode()
    answers = repository.git("cat-file", "--batch-check", "--buffer", stdin=asked).output.decode().splitlines()
    sizes: dict[str, int] = {}
    for answer in answers:
        blob, kind, *size = answer.split()
        if kind != "blob":
            raise _damaged(repository, blob)
        sizes[blob] = int(size[0])
    return sizes


def _damaged(repository: Repository, blob: str) -> UserFault:
    return UserFault(f"The repository {repository.folder} is damaged: {blob} is missing. Run `git fsck` there")


def read_blobs(repository: Repository, blobs: Iterable[str]) -> dict[str, bytes]:
    """The bytes of many blobs by one git process; raises UserFault where one is missing."""
    wanted = list(dict.fromkeys(blobs))
    if not wanted:
        return {}
    output = repository.git("cat-file", "--batch", "--buffer", stdin="".join(f"{b}\n" for b in wanted).encode()).output
    contents: dict[str, bytes] = {}
    at = 0
    for blob in wanted:
        end = output.index(b"\n", at)
        header = output[at:end].split()
        if len(header) != 3 or header[1] != b"blob":
            raise _damaged(repository, blob)
        start, size = end + 1, int(header[2])
        contents[blob] = output[start : start + size]
        at = start + size + 1
    return contents


def same_slug_faults(slugs: Iterable[tuple[str, str, int | None]]) -> list[Fault]:
    """A fault for each file whose slug an earlier one has. Entries are path, slug and the line that gives it."""
    first: dict[str, str] = {}
    faults: list[Fault] = []
    for path, slug, line in slugs:
        owner = first.setdefault(slug, path)
        if owner != path:
            reason = f'The slug "{slug}" is that of {owner} already. Give this issue another, by a line "slug: ..."'
            faults.append(Fault(path, line, reason))
    return faults


def tree_of(found: Iterable[FoundFile], *, commit: str | None) -> IssueTree:
    """Sort what lies in a tree into issues, pictures and faults; everything else is left alone."""
    issues: list[tuple[str, FoundFile]] = []
    pictures: list[tuple[str, FoundFile]] = []
    faults: list[Fault] = []
    for entry in sorted(found, key=lambda entry: entry.path):
        if entry.kind != "file":
            what = "a symbolic link" if entry.kind == "link" else "a submodule"
            faults.append(Fault(shown_path(entry.path), None, f"This is {what}. Put the file itself in its place"))
            continue
        parts = entry.path.split(b"/")
        if any(part[:1] in (b"_", b".") for part in parts):
            continue
        if is_issue(parts):
            fault = _name_fault(entry) or _size_fault(shown_path(entry.path), entry.size)
            if fault:
                faults.append(fault)
            else:
                issues.append((entry.path.decode(), entry))
        elif entry.path.lower().endswith(_PICTURE_ENDS) and _name_fault(entry) is None:
            pictures.append((entry.path.decode(), entry))
    beside = _pictures_by_folder(pictures, {path.partition("/")[0] for path, _ in issues if "/" in path})
    files = [
        IssueFile(path=path, blob=entry.blob, size=entry.size, pictures=beside.get(path.rpartition("/")[0], ()))
        for path, entry in issues
    ]
    return IssueTree(commit=commit, files=tuple(files), faults=tuple(faults))


def is_issue(parts: Sequence[bytes]) -> bool:
    """NAME.md or NAME/index.md; what a repository says about itself is not a letter."""
    if len(parts) == 1:
        return parts[0].lower().endswith(b".md") and parts[0].lower() != b"readme.md"
    return len(parts) == 2 and parts[-1].lower() == b"index.md"


def shown_path(path: bytes) -> str:
    """A path that may be printed and stored, whatever bytes it holds."""
    text = path.decode("utf-8", "backslashreplace")
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def _pictures_by_folder(
    pictures: Iterable[tuple[str, FoundFile]], issue_folders: set[str]
) -> Mapping[str, tuple[PictureFile, ...]]:
    folders: dict[str, list[PictureFile]] = {}
    for path, entry in pictures:
        top, _, below = path.partition("/")
        folder, name = (top, below) if top in issue_folders else ("", path)
        picture = PictureFile(name=unicodedata.normalize("NFC", name), path=path, blob=entry.blob, size=entry.size)
        folders.setdefault(folder, []).append(picture)
    return {folder: tuple(kept) for folder, kept in folders.items()}


def _found(entry: bytes) -> FoundFile:
    """One record of `ls-tree -z`: mode, type, object, then a tab and the path."""
    about, _, path = entry.partition(b"\t")
    mode, _, blob = about.split()
    return FoundFile(path=path, kind=_KINDS.get(mode, "file"), blob=blob.decode(), size=0)


def _name_fault(entry: FoundFile) -> Fault | None:
    try:
        printable = entry.path.decode().isprintable()
    except UnicodeDecodeError:
        return Fault(shown_path(entry.path), None, "The file's name is not UTF-8. Give it another name")
    if not printable:
        return Fault(shown_path(entry.path), None, "The file's name holds an invisible character. Give it another name")
    return None


def _size_fault(path: str, size: int) -> Fault | None:
    if size <= MOST_BYTES:
        return None
    return Fault(path, None, "The file is over 1 MiB. Split the issue, or move its pictures into files of their own")


_KINDS = {b"120000": "link", b"160000": "submodule"}
_PICTURE_ENDS = tuple(suffix.encode() for suffix in PICTURE_SUFFIXES)
