"""Named issue files as saved -> the tree that committing them would give; `publish FILE...` judges it first.

Its objects lie in a store of their own beside the repository's, as those of a push do before it is accepted, so that
what is refused, or only asked about, leaves nothing behind.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from bridge.issues.git import Repository
from bridge.issues.source import head_commit


@dataclass(frozen=True, kw_only=True)
class Trial:
    """`tree` is found by `repository` alone, and only as long as the trial lasts."""

    repository: Repository
    tree: str


@contextmanager
def tree_with(repository: Repository, paths: Sequence[str]) -> Iterator[Trial]:
    """The last commit's tree with these paths (`worktree.uncommitted`) as they are saved."""
    own = repository.git("rev-parse", "--git-path", "objects").output.decode().rstrip("\n")
    alternate = str((repository.folder / own).resolve()).replace("\\", "\\\\").replace('"', '\\"')
    with TemporaryDirectory(prefix="rundbrief-") as place:
        objects = Path(place, "objects")
        objects.mkdir()
        beside = replace(
            repository,
            objects={"GIT_OBJECT_DIRECTORY": str(objects), "GIT_ALTERNATE_OBJECT_DIRECTORIES": f'"{alternate}"'},
        )
        index = {"GIT_INDEX_FILE": str(Path(place, "index"))}
        commit = head_commit(repository)
        beside.git("read-tree", "--empty" if commit is None else commit, extra=index)
        beside.git("add", "--all", "--", *paths, extra=index)
        yield Trial(repository=beside, tree=beside.git("write-tree", extra=index).output.decode().strip())
