"""Command line -> the one command's module, loaded only when it is used; errors -> one line and an exit status.

Exit status: 0 done, 1 it did not work, 2 wrong use or a faulty config.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from bridge import __version__
from bridge.cli.table import COMMANDS, HIDDEN, LATER, Command
from bridge.errors import BridgeError, ConfigFaults, WrongUse
from bridge.garbage import nothing_to_find

_USAGE = """Usage: rundbrief COMMAND [OPTIONS]

A circular letter, published with git push, answered from the fediverse.

{commands}

All commands take --config PATH (default: config.toml here or in a parent folder).
`rundbrief COMMAND --help` tells more; --debug shows the traceback of an error; --version the version.
"""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command and exit."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    debug = "--debug" in words
    words = [word for word in words if word != "--debug"]
    if words[:1] == ["--config"] and len(words) > 2:
        words = [*words[2:], *words[:2]]  # before the command it means the same as after it
    sys.exit(_run(words, debug=debug))


def _run(words: list[str], *, debug: bool) -> int:
    if not words or words[0] in ("--help", "-h", "help"):
        sys.stdout.write(_usage())
        return 0 if words else 2
    if words[0] == "--version":
        sys.stdout.write(f"rundbrief {__version__}\n")
        return 0
    found = _find(words)
    if found is None and words[0] in LATER:
        return _complain(
            f"`rundbrief {words[0]}` comes with a later version; `rundbrief --help` lists what there is", 2
        )
    if found is None:
        return _complain(f"there is no command {words[0]!r}; `rundbrief --help` lists them", 2)
    return _run_command(*found, words, debug=debug)


def _run_command(name: str, command: Command, words: list[str], *, debug: bool) -> int:
    """Run it and give its exit status; whatever goes wrong ends in one line, or with `debug` in a traceback."""
    try:
        return _call(name, command, words[len(name.split()) :])
    except BridgeError as error:
        if debug:
            raise
        return _complain(str(error), 2 if isinstance(error, ConfigFaults) else 1)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        return 1
    except OSError as error:
        if debug or error.filename is None:
            raise
        return _complain(f"{os.fsdecode(error.filename)}: {error.strerror}", 1)
    except Exception as error:
        if debug:
            raise
        what = f"{type(error).__name__}: {error}".splitlines()[0]
        return _complain(f"a fault of Rundbrief itself: {what}; run it again with --debug and report what it shows", 1)


def _find(words: list[str]) -> tuple[str, Command] | None:
    """The command meant: two words (`comments approve`) before one (`comments`)."""
    for length in (2, 1):
        name = " ".join(words[:length])
        if command := COMMANDS.get(name) or HIDDEN.get(name):
            return name, command
    return None


def _call(name: str, command: Command, rest: list[str]) -> int:
    with nothing_to_find():
        is_hook = name in HIDDEN
        module = importlib.import_module("bridge.cli.hooks" if is_hook else "bridge.cli.calling")
    status: int = (
        getattr(module, command.function)(_config_in(name, rest)) if is_hook else module.call(name, command, rest)
    )
    return status


def _config_in(name: str, rest: list[str]) -> Path | None:
    """What git's hooks are given; they have no other option, and start without typer."""
    if not rest:
        return None
    if len(rest) != 2 or rest[0] != "--config":
        raise WrongUse(f"`rundbrief {name}` takes --config PATH and nothing else")
    return Path(rest[1])


def _usage() -> str:
    width = max(map(len, COMMANDS))
    return _USAGE.format(commands="\n".join(f"  {name:<{width}}  {c.help}" for name, c in COMMANDS.items()))


def _complain(message: str, status: int) -> int:
    for line in message.splitlines() or [""]:
        sys.stderr.write(f"rundbrief: {line}\n")
    return status
