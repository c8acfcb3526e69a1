"""The demo's run: it says yes only to what was seen, and otherwise what was missing; it leaves nothing running."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from bridge.demo import steps

# A `rundbrief` that makes a proper folder, and whose server ends at once.
BROKEN_SERVER = """
import pathlib, sys
if sys.argv[1] == "serve":
    sys.exit("the cellar is flooded")
folder = pathlib.Path(sys.argv[2])
for name in ("keys", "issues"):
    (folder / name).mkdir(parents=True)
(folder / "config.toml").write_text('listen = "127.0.0.1:8000"\\n')
"""


def test_the_main_job_is_seen_to_work_on_this_machine(tmp_path: Path) -> None:
    """`make demo ARGS=--once`, on the real server, with real git and a second server that verifies."""
    ended = subprocess.run(
        [sys.executable, "-m", "bridge", "demo", "--once"],
        env=os.environ | {"TMPDIR": str(tmp_path)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
        check=False,
    )

    assert ended.returncode == 0, ended.stdout
    assert "[9/9]" in ended.stdout
    assert "remote: " in ended.stdout
    assert list(tmp_path.iterdir()) == []


def test_a_step_that_fails_says_what_was_expected_and_seen(tmp_path: Path) -> None:
    out = io.StringIO()
    status = steps.run(True, rundbrief=[sys.executable, "-c", "raise SystemExit('no room')"], folder=tmp_path, out=out)

    assert status == 1
    assert "FAILED: expected: `" in out.getvalue()
    assert "no room" in out.getvalue()
    assert f"Everything that was made is in {tmp_path}." in out.getvalue()


def test_a_server_that_ends_shows_its_log(tmp_path: Path) -> None:
    broken = tmp_path / "broken.py"
    broken.write_text(BROKEN_SERVER)
    out = io.StringIO()
    status = steps.run(True, rundbrief=[sys.executable, str(broken)], folder=tmp_path / "run", out=out)

    assert status == 1
    assert "expected: the server keeps running" in out.getvalue()
    assert "    | the cellar is flooded" in out.getvalue()


def test_plain_words_where_there_is_no_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    broken = tmp_path / "broken.py"
    broken.write_text(BROKEN_SERVER)
    steps.run(True, rundbrief=[sys.executable, str(broken)], folder=tmp_path / "run")

    said = capsys.readouterr().out
    assert said.startswith("\n[1/9] Make a blog\n  ok: ")
    assert "\x1b" not in said
