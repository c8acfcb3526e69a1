"""One writer of the issues folder at a time: a push until git has ended it, or the commit of `publish FILE...`.

git brings the folder in line with a push before it knows whether the branch may still move (`updateInstead` of
receive.denyCurrentBranch). Without a lock, the slower of two pushes left files in the folder that it could not commit,
and every later push was refused because of them. `cli.hooks` and `worktree` take the lock.
"""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path

from bridge.errors import UserFault

_LOOK = 0.05  #: seconds between two looks
_PATIENCE = 60.0  #: seconds; a push takes as long as its publishing
_LONGEST = 600.0  #: seconds for which a push may hold up the others


def take(folder: Path, *, patience: float = _PATIENCE) -> int:
    """Wait for the lock, at most `patience` seconds; closing the descriptor releases it. Raises UserFault."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    end = time.monotonic() + patience
    while not _is_ours(descriptor):
        if time.monotonic() > end:
            os.close(descriptor)
            raise UserFault("somebody else pushes or publishes at this moment; try again when that is done")
        time.sleep(_LOOK)
    return descriptor


def keep_until_the_end_of(pid: int) -> None:
    """Keep the lock that this process took until another one has ended, by a child that does nothing else."""
    if os.fork():
        return
    try:
        os.setsid()
        # git waits until nobody holds the hook's output any more.
        nowhere = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(nowhere, stream)
        end = time.monotonic() + _LONGEST
        while _runs(pid) and time.monotonic() < end:
            time.sleep(_LOOK)
    finally:
        os._exit(0)


def _is_ours(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return True  # a file system without locks; what the pusher saw is compared anyway
    return True


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
