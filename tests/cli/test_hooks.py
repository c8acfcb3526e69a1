"""What git's hooks load before they know that there is something to do."""

from __future__ import annotations

import subprocess
import sys

from tests.support.loading import loaded_with

HEAVY = ("typer", "sqlalchemy", "aiohttp", "asyncio", "pydantic", "bs4", "markdown", "yaml", "PIL", "cryptography")


def test_a_hook_looks_before_it_loads_anything_that_publishes() -> None:
    assert set(HEAVY) & loaded_with("bridge.cli.hooks") == set()


def test_publish_looks_before_it_loads_anything_that_publishes() -> None:
    assert (set(HEAVY) - {"typer", "asyncio"}) & loaded_with("bridge.cli.publishing") == set()


def test_a_push_is_published_without_the_network_half() -> None:
    loaded = loaded_with("bridge.cli.hook_publishing")

    assert "bridge.outbox.publish" in loaded
    assert {"aiohttp", "bridge.app", "bs4", "typer"} & loaded == set()


def test_a_hook_takes_no_option_but_the_config() -> None:
    command = [sys.executable, "-m", "bridge", "hook", "post-receive", "--force"]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)

    assert ended.returncode == 2
    assert ended.stderr == "rundbrief: `rundbrief hook post-receive` takes --config PATH and nothing else\n"
