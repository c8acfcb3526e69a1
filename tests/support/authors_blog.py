"""A blog as its author has it: a folder, a server in a process of its own, and the commands."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any, Self

from bridge.demo.stage import Child, free_port, request, wait_until

_COMMAND = (sys.executable, "-m", "bridge")


class AuthorsBlog:
    """Made and served by `with`; `run` is the command line."""

    def __init__(self, folder: Path, *, title: str = "", language: str = "en") -> None:
        self.folder = folder / "blog"
        self.log = folder / "server.log"
        self.host = f"127.0.0.1:{free_port()}"
        self.origin = f"http://{self.host}"
        self._named = ("--title", title, "--language", language)
        self.server: Child

    def __enter__(self) -> Self:
        made = subprocess.run(
            [*_COMMAND, "init", str(self.folder), "--url", self.origin, "--handle", "links", *self._named],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert made.returncode == 0, made.stderr
        self.server = Child([*_COMMAND, "serve", "--config", str(self.folder)], log=self.log)
        wait_until("the server answers", lambda: request(f"{self.origin}/healthz").status == 200, seconds=40)
        return self

    def __exit__(self, *error: object) -> None:
        self.server.stop()

    def run(self, *words: str, status: int = 0) -> str:
        """One command; its output. `status` is how it must end."""
        ended = subprocess.run(
            [*_COMMAND, *words, "--config", str(self.folder)], capture_output=True, text=True, check=False
        )
        assert ended.returncode == status, f"{words}: {ended.returncode}\n{ended.stdout}\n{ended.stderr}"
        return ended.stdout

    def publish(self, slug: str, text: str) -> str:
        """Write an issue and publish it; its page."""
        path = self.folder / "issues" / f"{slug}.md"
        path.write_text(text)
        self.run("publish", str(path))
        return f"{self.origin}/issues/{slug}"

    def json(self, slug: str) -> dict[str, Any]:
        """comments.json of an issue."""
        found: dict[str, Any] = request(f"{self.origin}/issues/{slug}/comments.json").json()
        return found

    def page(self, slug: str) -> str:
        return request(f"{self.origin}/issues/{slug}").text

    def object(self, slug: str) -> dict[str, Any]:
        """The issue's Note, as a peer fetches it."""
        found: dict[str, Any] = request(f"{self.origin}/issues/{slug}", accept="application/activity+json").json()
        return found

    def comments(self, *words: str) -> list[dict[str, Any]]:
        """`comments --json`."""
        found: list[dict[str, Any]] = json.loads(self.run("comments", "--json", *words))
        return found

    def why(self, url: str, *, status: int = 0) -> str:
        return self.run("why", url, status=status)
