"""A git command for the issues folder -> its output; only modules of this folder call one (S121).

Nothing that a pushed file or a foreign environment holds may run or redirect git: no hooks, no file system monitor,
no transport, no variables that name another repository, no shell, no pathspec magic.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bridge.errors import UserFault

#: Seconds for one call. Reading 2,000 issues takes under one; a network disk may take more.
PATIENCE = 60.0

_SAFE = (
    "-c", "core.hooksPath=/dev/null",
    "-c", "core.fsmonitor=false",
    "-c", "protocol.allow=never",
    "-c", "commit.gpgSign=false",
    "-c", "advice.detachedHead=false",
)  # fmt: skip

#: Who the author is and where their settings are; every other GIT_ variable says which repository, or runs something.
_KEPT = frozenset(
    [f"GIT_{role}_{part}" for role in ("AUTHOR", "COMMITTER") for part in ("NAME", "EMAIL", "DATE")]
    + ["GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM"]
)
#: Where git keeps the objects of a push until its pre-receive hook has accepted them (git-receive-pack(1), quarantine).
_QUARANTINE = frozenset(("GIT_QUARANTINE_PATH", "GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES"))

_FIXED = {
    "LC_ALL": "C.UTF-8",
    "GIT_OPTIONAL_LOCKS": "0",  # `status` must not fight with a push for the index
    "GIT_LITERAL_PATHSPECS": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_TERMINAL_PROMPT": "0",
}


@dataclass(frozen=True, kw_only=True)
class Repository:
    """The issues folder, an ordinary (not bare) repository.

    `quarantined` is for the pre-receive hook alone: the pushed objects are then found where git keeps them for now.
    """

    folder: Path
    quarantined: bool = False
    #: Git's variables for a store of objects beside the repository's own (`trial`).
    objects: Mapping[str, str] = field(default_factory=dict, repr=False)
    environment: Mapping[str, str] = field(default_factory=lambda: dict(os.environ), repr=False)

    def git(
        self,
        *arguments: str | bytes,
        stdin: bytes = b"",
        fine: Sequence[int] = (0,),
        extra: Mapping[str, str] | None = None,
        patience: float = PATIENCE,
    ) -> Answer:
        """Run one git command; raises UserFault unless its exit status is in `fine`."""
        # The folder is named outright: git shall not go looking for a repository in the folders above, and need
        # not ask who owns this one, because the blog's configuration names it.
        place = (f"--git-dir={self.folder / '.git'}", f"--work-tree={self.folder}")
        answer = self._run([*place, *_SAFE, *arguments], stdin=stdin, extra=extra or {}, patience=patience)
        if answer.status not in fine:
            if "not a git repository" in answer.complaint:
                raise UserFault(f"{self.folder} is not a git repository. Run `rundbrief init`")
            raise UserFault(f"git failed in {self.folder}: {answer.complaint or f'exit status {answer.status}'}")
        return answer

    def create(self, branch: str) -> None:
        """Make the folder a repository without a commit, with nothing of the user's templates in it."""
        # Without `--work-tree`, which init would write down for good; an older git knows no --initial-branch.
        answer = self._run(["init", "--quiet", "--template=", "."], stdin=b"", extra={}, patience=PATIENCE)
        if answer.status != 0:
            raise UserFault(f"git could not make a repository of {self.folder}: {answer.complaint}")
        self.git("symbolic-ref", "HEAD", f"refs/heads/{branch}")

    def _run(
        self, arguments: Sequence[str | bytes], *, stdin: bytes, extra: Mapping[str, str], patience: float
    ) -> Answer:
        try:
            ended = subprocess.run(
                ["git", *arguments],
                input=stdin,
                capture_output=True,
                env={**self._clean_environment(), **_FIXED, **self.objects, **extra},
                # In quarantine git's own folder is the current one, and its variables may be relative to it.
                cwd=None if self.quarantined else self.folder,
                timeout=patience,
                check=False,
            )
        except FileNotFoundError as missing:
            if not self.folder.is_dir():
                raise UserFault(f"The folder {self.folder} does not exist. Run `rundbrief init`") from missing
            raise UserFault("git was not found. Install git, or put its folder into PATH") from missing
        except subprocess.TimeoutExpired as late:
            raise UserFault(f"git gave no answer within {patience:.0f} s in {self.folder}. Try again") from late
        except OSError as broken:
            raise UserFault(f"git could not be run in {self.folder}: {broken.strerror}") from broken
        return Answer(status=ended.returncode, output=ended.stdout, complaint=_complaint(ended.stderr))

    def _clean_environment(self) -> dict[str, str]:
        kept = _KEPT | _QUARANTINE if self.quarantined else _KEPT
        clean = {name: value for name, value in self.environment.items() if name[:4] != "GIT_" or name in kept}
        return {"PATH": os.defpath, **clean}


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a git command gave. `complaint` is one line."""

    status: int
    output: bytes
    complaint: str


def is_commit_id(text: str) -> bool:
    """Whether it is a full object name, which can be neither an option nor a path."""
    return re.fullmatch(r"[0-9a-f]{40}|[0-9a-f]{64}", text) is not None


def _complaint(stderr: bytes) -> str:
    lines = [line.strip() for line in stderr.decode("utf-8", "replace").splitlines() if line.strip()]
    worst = [line for line in lines if line.startswith(("fatal:", "error:"))] or lines
    said = worst[0].removeprefix("fatal: ").removeprefix("error: ") if worst else ""
    return "".join(c if c.isprintable() else "?" for c in said)[:300]
