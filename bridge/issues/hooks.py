"""Where Rundbrief is installed -> the texts of the repository's hooks; called by `repository`.

git runs them for every push, with its own environment and in its own folder (githooks(5)). They name everything by its
full path, because an ssh session may have no PATH, no HOME and no locale worth the name.
"""

from __future__ import annotations

import shlex
from pathlib import Path

#: By this line our own hooks are known, and may be renewed.
MARK = "# Written by `rundbrief init`, which also renews it; your changes here would be lost."
NAMES = ("pre-receive", "post-receive")

_SCRIPT = """\
#!/bin/sh
{mark}
if [ ! -x {python} ]; then
    echo "Rundbrief: "{python}" is gone, or you may not run it." >&2
    echo "Run \\`rundbrief init\\` again on the server, or push as the user who runs the blog." >&2
    exit 1
fi
unset PYTHONHOME PYTHONSTARTUP {unset}
# What was compiled once is kept, whatever the session wants: a pusher waits for every start.
unset PYTHONDONTWRITEBYTECODE
PYTHONUTF8=1
export PYTHONUTF8
{pythonpath}# -P: git's current folder is no place to import from.
exec {python} -P -m bridge --config {config} hook {name}
"""


def hook_text(name: str, *, python: str, config: Path, root: Path | None) -> str:
    """The script for one of NAMES. `root` is the folder that holds `bridge`, or None where it is installed."""
    quoted = None if root is None else shlex.quote(str(root))
    return _SCRIPT.format(
        mark=MARK,
        python=shlex.quote(python),
        config=shlex.quote(str(config)),
        name=name,
        unset="PYTHONPATH" if quoted is None else "",
        pythonpath="" if quoted is None else f"PYTHONPATH={quoted}\nexport PYTHONPATH\n",
    ).replace("PYTHONSTARTUP \n", "PYTHONSTARTUP\n")
