"""What git's hooks load before they know that there is something to do."""

from __future__ import annotations

import subprocess
import sys

HEAVY = ("typer", "sqlalchemy", "aiohttp", "asyncio", "pydantic", "bs4", "markdown", "yaml", "PIL", "cryptography")


def test_a_hook_looks_before_it_loads_anything_that_publishes() -> None:
    program = "import sys, bridge.cli.main, bridge.cli.hooks\nprint(*sys.modules)"
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert set(HEAVY) & set(ended.stdout.split()) == set()


def test_a_hook_takes_no_option_but_the_config() -> None:
    command = [sys.executable, "-m", "bridge", "hook", "post-receive", "--force"]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)

    assert ended.returncode == 2
    assert ended.stderr == "rundbrief: `rundbrief hook post-receive` takes --config PATH and nothing else\n"
