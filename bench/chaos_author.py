"""What an author does while everything breaks: issues written, changed and taken back, and brought out in three ways.

`chaos` has one. The author works in a clone of the blog's folder, so that a push is a real one; what a kill keeps from
being published is brought out by the next way, as people do it.
"""

from __future__ import annotations

import random
import subprocess
from pathlib import Path

from bench.processes import PYTHON, new_clone
from bridge.demo.stage import Child, wait_until

#: `git push` with its hooks, the command, or nothing at all: then the server sees the commit by itself.
_WAYS = ("push", "publish", "wait")
_SECONDS = 60  #: for anything that is run to its end


class Author:
    """`written` is what should be out: each issue's version; `changed` are the issues touched since it was emptied."""

    def __init__(self, issues: Path, clone: Path, *, config: Path, chance: random.Random, log: Path) -> None:
        self.written: dict[str, int] = {}
        self.changed: set[str] = set()
        self._issues = issues
        self._clone = clone
        self._config = config
        self._chance = chance
        self._log = log
        self._number = 0
        self._pushing: Child | None = None
        new_clone(issues, clone)

    def write_something(self) -> None:
        """One more commit: a new issue, a new version, or one taken back; never the first, which is talked about."""
        choice = self._chance.random()
        names = sorted(self.written)
        if len(names) > 1 and choice < 0.2:
            name = self._chance.choice(names[1:])
            (self._clone / f"{name}.md").unlink()
            del self.written[name]
        else:
            if not names or choice < 0.6:
                self._number += 1
            name = f"brief-{self._number}" if not names or choice < 0.6 else self._chance.choice(names)
            self.written[name] = self.written.get(name, 0) + 1
            text = f"---\ntitle: Brief {name}\n---\n\nFassung {self.written[name]}, mit Regen und Rüben.\n"
            (self._clone / f"{name}.md").write_text(text, encoding="utf-8")
        self.changed.add(name)
        self._git(self._clone, "add", "--all")
        self._git(self._clone, "commit", "--quiet", "--message", name)

    def bring_out(self) -> Child | None:
        """Begin to publish what is written; None when that is left to the server."""
        way = self._chance.choice(_WAYS)
        self._end_push()
        if way == "push":
            command = ["git", "-C", str(self._clone), "push", "--quiet", "-o", "delete", "origin", "HEAD:main"]
            self._pushing = Child(command, log=self._log)
            return self._pushing
        self._pull()
        return None if way == "wait" else Child(self._publish, log=self._log)

    def finish(self) -> str:
        """Have everything in the blog's folder; the commit that is to be out."""
        self._end_push()
        self._pull()
        return self._git(self._clone, "rev-parse", "HEAD").strip()

    def publish(self) -> None:
        """Publish and wait for it; raises CalledProcessError where it does not work."""
        subprocess.run(self._publish, check=True, stdout=subprocess.DEVNULL, timeout=_SECONDS)

    @property
    def _publish(self) -> list[str]:
        return [PYTHON, "-m", "bridge", "publish", "--delete", "--config", str(self._config)]

    def _end_push(self) -> None:
        """Two gits that change one work tree at the same time are the author's mistake, and git's matter."""
        if (pushing := self._pushing) is not None:
            wait_until("the push ends", lambda: pushing.exit_status() is not None, seconds=_SECONDS)

    def _pull(self) -> None:
        self._git(self._issues, "pull", "--quiet", "--ff-only", str(self._clone), "HEAD")

    def _git(self, folder: Path, *arguments: str) -> str:
        done = subprocess.run(
            ["git", "-C", str(folder), *arguments], check=True, stdout=subprocess.PIPE, text=True, timeout=_SECONDS
        )
        return done.stdout
