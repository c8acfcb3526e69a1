"""A command's function and the words behind it -> its result, by typer; loaded by `main` for all but git's hooks."""

from __future__ import annotations

import importlib

import typer

from bridge.cli.table import Command
from bridge.errors import WrongUse
from bridge.garbage import nothing_to_find, spare_what_is_loaded


def call(name: str, command: Command, rest: list[str]) -> int:
    """Run the command; its exit status. Raises WrongUse, and whatever the command raises."""
    with nothing_to_find():
        function = getattr(importlib.import_module(f"bridge.cli.{command.module}"), command.function)
    spare_what_is_loaded()
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)
    app.command(name=name, help=function.__doc__, context_settings={"help_option_names": ["--help", "-h"]})(function)
    try:
        result = typer.main.get_command(app).main(rest, prog_name=f"rundbrief {name}", standalone_mode=False)
    except typer.Exit as stop:
        return stop.exit_code
    except typer.Abort:
        return 130
    except Exception as error:
        if (message := getattr(error, "format_message", None)) is not None:
            raise WrongUse(f"{message()} (`rundbrief {name} --help` tells more)") from error
        raise
    return result if isinstance(result, int) else 0
