"""Real git repositories for tests: an author's clone, the issues folder, and a push as ssh would run it."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

ISSUE = b"---\ntitle: Neues\n---\nHallo.\n"


class Checkout:
    """A folder with a git repository, used as a person would."""

    def __init__(self, folder: Path, branch: str = "main") -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        if not (folder / ".git").exists():
            self.git("init", "--quiet")
            self.git("symbolic-ref", "HEAD", f"refs/heads/{branch}")

    def git(self, *arguments: str, **environment: str) -> str:
        ended = self.attempt(*arguments, **environment)
        assert ended.returncode == 0, ended.stderr
        return ended.stdout.strip()

    def attempt(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["git", "-C", str(self.folder), *arguments],
            capture_output=True,
            text=True,
            env=os.environ | environment,
            check=False,
            timeout=60,
        )

    def write(self, path: str | bytes, content: bytes = ISSUE) -> None:
        whole = os.path.join(os.fsencode(self.folder), os.fsencode(path))
        os.makedirs(os.path.dirname(whole), exist_ok=True)
        with open(whole, "wb") as file:
            file.write(content)

    def commit(self, files: dict[str, bytes] | None = None) -> str:
        """Write the files, commit everything, and give the commit."""
        for path, content in (files or {}).items():
            self.write(path, content)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", "Ausgabe")
        return self.git("rev-parse", "HEAD")


def over_ssh(tmp_path: Path) -> dict[str, str]:
    """The environment in which `git push ssh://server/path` runs the far side here, as bare as a strict sshd would."""
    script = tmp_path / "ssh"
    script.write_text('#!/bin/sh\nfor command; do :; done\nexec env -i PATH=/usr/bin:/bin /bin/sh -c "$command"\n')
    script.chmod(0o755)
    return {"GIT_SSH_COMMAND": str(script), "GIT_SSH_VARIANT": "simple"}
