"""The lock of the issues folder: one holder at a time, for as long as the process runs that it is kept for."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bridge.errors import UserFault
from bridge.issues import lock

#: Takes the lock, keeps it for its parent, says so and ends.
_HOOK = "import os, sys; from pathlib import Path; from bridge.issues import lock; "
_HOOK += "lock.take(Path(sys.argv[1])); lock.keep_until_the_end_of(os.getppid()); print('taken', flush=True)"


def test_the_lock_has_one_holder_at_a_time(tmp_path: Path) -> None:
    held = lock.take(tmp_path)
    with pytest.raises(UserFault, match="somebody else pushes or publishes"):
        lock.take(tmp_path, patience=0)
    os.close(held)
    os.close(lock.take(tmp_path, patience=0))


def test_a_hook_keeps_the_lock_until_git_ends(tmp_path: Path) -> None:
    """The shell stands for git: it starts the hook, reads its output to the end, and goes on."""
    script = 'said=$("$@"); echo "$said"; read line'
    git = subprocess.Popen(
        ["/bin/sh", "-c", script, "git", sys.executable, "-c", _HOOK, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with git:
        assert git.stdin is not None
        assert git.stdout is not None
        assert git.stdout.readline() == "taken\n"
        with pytest.raises(UserFault):
            lock.take(tmp_path, patience=0.2)
    os.close(lock.take(tmp_path, patience=10))
