"""What a command loads before it does anything, in a Python of its own."""

from __future__ import annotations

import subprocess
import sys


def loaded_with(module: str) -> set[str]:
    """What importing a command's module brings along."""
    program = f"import sys, bridge.cli.main, {module}\nprint(*sys.modules)"
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return set(ended.stdout.split())
