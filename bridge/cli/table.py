"""Every command: its name, where it is, and what it does in a line. A second word is a sub-command."""

from __future__ import annotations

from typing import NamedTuple


class Command(NamedTuple):
    """`module` below bridge.cli, the function in it, and one line for the overview."""

    module: str
    function: str
    help: str


COMMANDS: dict[str, Command] = {
    "init": Command("operator", "init", "make a blog in a folder, or renew its hooks"),
    "serve": Command("operator", "serve", "run all in one process"),
    "web": Command("operator", "web", "run only the web half"),
    "work": Command("operator", "work", "run only the delivering half"),
    "publish": Command("author", "publish", "bring the world in line with the issue files of the last commit"),
    "lint": Command("writing", "lint", "say what a push would be refused for, and warn"),
    "preview": Command("writing", "preview", "show an issue's page, and beside it what Mastodon will show"),
    "issues": Command("author", "issues", "list the issues, or show the ledger of one"),
    "resend": Command("author", "resend", "send an issue again, to everybody or to one server"),
    "withdraw": Command("author", "withdraw", "take an issue back everywhere and keep its file"),
    "demo": Command("demo", "demo", "show the main job on this machine"),
}

#: For git's hooks only.
HIDDEN: dict[str, Command] = {
    "hook pre-receive": Command("hooks", "pre_receive", "judge a push"),
    "hook post-receive": Command("hooks", "post_receive", "publish a push"),
}
