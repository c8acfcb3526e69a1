"""`demo`: the main job on this machine."""

from __future__ import annotations

from typing import Annotated

import typer

from bridge.demo import steps


def demo(once: Annotated[bool, typer.Option("--once", help="stop after the last step")] = False) -> int:
    """Show the main job on this machine: push an issue, be followed, be answered."""
    return steps.run(once)
