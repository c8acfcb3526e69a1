"""A blog in processes of its own, as a user has it: `init`, `serve`, files that are committed."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any, Self

from bridge.demo.stage import Child, Page, free_port, request, wait_until
from tests.support.repositories import Checkout


class ServedBlog:
    """Made, served on loopback while the `with` lasts."""

    def __init__(self, folder: Path, *, title: str, handle: str = "links", language: str = "de") -> None:
        self.folder = folder
        self.origin = f"http://127.0.0.1:{free_port()}"
        made = ("--url", self.origin, "--handle", handle, "--title", title, "--language", language)
        self.run("init", str(folder), *made, config=False)

    def __enter__(self) -> Self:
        config = ("--config", str(self.folder / "config.toml"))
        self.child = Child([sys.executable, "-m", "bridge", "serve", *config], log=self.folder / "serve.log")
        wait_until("the blog answers", lambda: request(f"{self.origin}/healthz").status == 200, seconds=30)
        return self

    def __exit__(self, *error: object) -> None:
        self.child.stop()

    def run(self, *arguments: str, config: bool = True) -> str:
        """A command of this blog; what it printed."""
        named = ("--config", str(self.folder / "config.toml")) if config else ()
        ended = subprocess.run(
            [sys.executable, "-m", "bridge", *arguments, *named],
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert ended.returncode == 0, ended.stderr
        return ended.stdout

    def publish(self, slug: str, text: str) -> str:
        """Commit one issue file, which `serve` sees and publishes; its page."""
        Checkout(self.folder / "issues").commit({f"{slug}.md": text.encode()})
        return f"{self.origin}/issues/{slug}"

    def page(self, slug: str) -> Page:
        """The page of an issue as a browser gets it."""
        return request(f"{self.origin}/issues/{slug}", accept="text/html")

    def comments(self, slug: str) -> dict[str, Any]:
        """Its conversation for programs."""
        found: dict[str, Any] = request(f"{self.origin}/issues/{slug}/comments.json").json() or {}
        return found

    def shown(self, slug: str) -> list[str]:
        """The linkbacks as they stand on the page, one line for each."""
        lines = re.findall(
            r'<article id="c-[^"]+" class="comment[^>]*>(.*?)</article>', self.page(slug).text, re.DOTALL
        )
        return [" ".join(re.sub(r"<[^>]+>", " ", line).split()) for line in lines]
