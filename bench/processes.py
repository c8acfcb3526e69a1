"""The sink and the blog's own processes, started and asked; `cases` and `chaos` use it. Everything is on loopback."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any, Self

PYTHON = sys.executable
_LONGEST = 180.0  #: seconds


class SinkProcess:
    """`bench.sink` in a process of its own."""

    def __init__(self, *, certificate: Path | None = None) -> None:
        options = ["--certificate", str(certificate)] if certificate else []
        self._process = subprocess.Popen(
            [PYTHON, "-m", "bench.sink", *options], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.port = int(self._line()["port"])

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
        self._process.terminate()
        self._process.wait()

    def behave(self, **habits: Any) -> None:
        """New habits, see `sink.Habits`; what came before is forgotten unless `go_on`."""
        self._ask(habits or {"latency": 0.0})

    def told(self) -> dict[str, Any]:
        """What came."""
        return self._ask({})

    def _ask(self, wish: dict[str, Any]) -> dict[str, Any]:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(wish) + "\n")
        self._process.stdin.flush()
        return self._line()

    def _line(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        found: dict[str, Any] = json.loads(self._process.stdout.readline())
        return found


def run_json(*command: str) -> dict[str, Any]:
    """Run a module of ours to its end; the JSON of its last line. Raises TimeoutExpired after three minutes."""
    done = subprocess.run([PYTHON, "-m", *command], stdout=subprocess.PIPE, text=True, check=True, timeout=_LONGEST)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def new_blog(folder: Path, *, port: int, database: str | None = None) -> Path:
    """A blog for this machine; its config.toml."""
    options = ["--database", database] if database else []
    subprocess.run(
        [
            PYTHON,
            "-m",
            "bridge",
            "init",
            str(folder),
            "--url",
            f"http://127.0.0.1:{port}",
            "--handle",
            "links",
            *options,
        ],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    return folder / "config.toml"


def new_clone(repository: Path, clone: Path) -> None:
    """An author's clone of the issues folder, empty or not."""
    subprocess.run(["git", "clone", "--quiet", str(repository), str(clone)], check=True, stderr=subprocess.DEVNULL)
    for key, value in (("user.name", "Ada Autorin"), ("user.email", "ada@links.example")):
        subprocess.run(["git", "-C", str(clone), "config", key, value], check=True)


def commit_letter(config: Path, text: str) -> None:
    """Commit an issue `brief` in the blog's own folder, not yet published."""
    letters = config.parent / "issues"
    (letters / "brief.md").write_text(text, encoding="utf-8")
    git = ["git", "-c", "user.name=Ada", "-c", "user.email=ada@links.example"]
    subprocess.run(["git", "add", "-A"], cwd=letters, check=True)
    subprocess.run([*git, "commit", "-q", "-m", "Brief"], cwd=letters, check=True)
