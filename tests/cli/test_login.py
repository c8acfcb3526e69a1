"""`rundbrief login` on the command line."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def run(*arguments: str) -> str:
    done = subprocess.run([sys.executable, "-m", "bridge", *arguments], capture_output=True, text=True, check=True)
    return done.stdout


def test_it_prints_a_link_to_the_authors_pages_and_nothing_else(tmp_path: Path) -> None:
    run("init", str(tmp_path), "--url", "https://links.example", "--handle", "links")
    first, second = (run("login", "--config", str(tmp_path / "config.toml")) for _ in range(2))
    assert first.startswith("https://links.example/admin/login?token=")
    assert first.count("\n") == 1
    assert first != second
