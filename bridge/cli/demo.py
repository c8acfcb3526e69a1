"""`demo`: the main job on this machine."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bridge.demo import steps


def demo(
    once: Annotated[bool, typer.Option("--once", help="stop after the last step")] = False,
    _config: Annotated[Path | None, typer.Option("--config", help="as everywhere; changes nothing here")] = None,
) -> int:
    """Show the main job on this machine: push an issue, be followed, be answered.

    The blog is made for it and thrown away.
    """
    return steps.run(once)
