"""What commands share: the --config and --json options, opening the app, and printing JSON.

The app is loaded when it is opened: git's hooks, for which a pusher waits, often need none of it.
"""

from __future__ import annotations

import asyncio
import importlib
import json
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from bridge.clock import wire_time
from bridge.config import Config, find_config, read_config

if TYPE_CHECKING:
    from bridge.app import App

T = TypeVar("T")

ConfigOption = Annotated[
    Path | None, typer.Option("--config", help="config.toml (default: here or in a parent folder)")
]
Files = Annotated[list[Path] | None, typer.Argument(metavar="FILE", show_default=False)]
JsonOption = Annotated[bool, typer.Option("--json", help="print JSON for programs")]


def config_from(given: Path | None) -> Config:
    """The configuration meant. Raises ConfigFaults."""
    return read_config(find_config(given, Path.cwd()))


def with_app(given: Path | None, work: Callable[[App], Awaitable[T]]) -> T:
    """Open the blog, do `work`, close it again."""

    async def run() -> T:
        settings = config_from(given)
        async with importlib.import_module("bridge.app").opened(settings) as app:
            return await work(app)

    return asyncio.run(run())


def complain_of(refused: Sequence[str]) -> None:
    """Say on stderr, in one line, that files were refused; the first one's place and reason stand in it."""
    others = f" (and {len(refused) - 1} more)" if len(refused) > 1 else ""
    typer.echo(f"rundbrief: refused: {refused[0]}{others}" if refused else "rundbrief: refused", err=True)


def print_json(value: Any) -> None:
    """One JSON document on stdout."""
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2, default=_plain))


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return wire_time(value)
    return str(value)
