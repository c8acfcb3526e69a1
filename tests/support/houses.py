"""A whole blog made by `rundbrief init`: its commands and its server as processes, and an author's clone."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bridge.demo.stage import Child, Peer, free_port, request, wait_until
from tests.support.repositories import Checkout

RUNDBRIEF = (sys.executable, "-m", "bridge")


class House:
    """A blog's folder. Every command is a process of its own, as an author's."""

    def __init__(self, folder: Path, *, port: int | None = None) -> None:
        self.folder = folder
        self.port = port or free_port()
        self.origin = f"http://127.0.0.1:{self.port}"
        self.handle = f"links@127.0.0.1:{self.port}"
        ended = self.run(
            "init",
            str(folder),
            "--url",
            self.origin,
            "--handle",
            "links",
            "--title",
            "Krasse Links",
            "--language",
            "de",
        )
        assert ended.returncode == 0, ended.stderr
        config = folder / "config.toml"
        text = config.read_text().replace('listen = "127.0.0.1:8000"', f'listen = "127.0.0.1:{self.port}"')
        config.write_text(text)
        self.issues = folder / "issues"

    def run(self, *words: str, timeout: float = 60) -> subprocess.CompletedProcess[str]:
        """One command, here."""
        return subprocess.run(
            [*RUNDBRIEF, *words],
            cwd=self.folder if self.folder.is_dir() else None,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )

    def json(self, *words: str) -> Any:
        """What a command gives with --json."""
        ended = self.run(*words, "--json")
        assert ended.stdout, ended.stderr
        return json.loads(ended.stdout)

    def author(self, folder: Path, *, url: str | None = None) -> Checkout:
        """A clone that pushes here."""
        clone = Checkout(folder)
        clone.git("remote", "add", "origin", url or str(self.issues))
        return clone

    @contextmanager
    def serving(self, log: Path) -> Iterator[Child]:
        """The server, as long as it is needed."""
        server = Child([*RUNDBRIEF, "serve", "--config", str(self.folder)], log=log)
        try:
            wait_until("the server answers", lambda: request(f"{self.origin}/healthz").status == 200, seconds=30)
            yield server
        finally:
            server.stop()


def view_of(peer: Peer, *, of: str = "") -> dict[str, dict[str, Any]]:
    """What a follower's server shows after all that it believed: the posts by id, as Mastodon would keep them.

    A Create of a known post and an edit without a newer time change nothing; what was deleted never comes back.
    """
    posts: dict[str, dict[str, Any]] = {}
    gone: set[str] = set()
    for item in peer.received(verified=True):
        activity = item["activity"]
        inner = activity.get("object")
        if item["answered"] != 202 or not isinstance(inner, dict) or not str(inner.get("id", "")).startswith(of):
            continue
        match activity["type"]:
            case "Create" if inner["id"] not in posts and inner["id"] not in gone:
                posts[inner["id"]] = inner
            case "Update" if inner["id"] in posts:
                before = posts[inner["id"]]
                if inner["updated"] > before.get("updated", before["published"]):
                    posts[inner["id"]] = inner
            case "Delete":
                gone.add(inner["id"])
                posts.pop(inner["id"], None)
    return posts
