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
    "publish": Command("publishing", "publish", "bring the world in line with the issue files of the last commit"),
    "lint": Command("writing", "lint", "say what a push would be refused for, and warn"),
    "preview": Command("writing", "preview", "show an issue's page, and beside it what Mastodon will show"),
    "issues": Command("ledger", "issues", "list the issues, or show the ledger of one"),
    "resend": Command("author", "resend", "send an issue again, to everybody or to one server"),
    "withdraw": Command("author", "withdraw", "take an issue back everywhere and keep its file"),
    "comments": Command("readers", "comments", "read what people said; --private, --held"),
    "comments approve": Command("readers", "approve", "show a comment"),
    "comments hide": Command("readers", "hide", "take a comment off the page"),
    "comments spam": Command("readers", "spam", "call a comment spam"),
    "comments close": Command("readers", "close", "take no more replies to an issue"),
    "comments reopen": Command("readers", "reopen", "take replies again"),
    "comments reply": Command("readers", "reply", "answer a comment, here and in the fediverse"),
    "comments edit": Command("readers", "edit", "change an answer of yours"),
    "comments delete": Command("readers", "delete", "delete an answer of yours"),
    "comments refresh": Command("refresh", "refresh", "look for the conversation on other servers, now"),
    "comments forget": Command("people", "forget", "remove a person everywhere"),
    "why": Command("readers", "why", "tell everything known of a post, activity, actor or server"),
    "followers": Command("people", "list_followers", "who follows; --export FILE"),
    "followers remove": Command("people", "remove_follower", "remove a follower"),
    "block": Command("people", "block", "refuse and hide an actor or a domain; --import FILE.csv"),
    "unblock": Command("people", "unblock", "end a block"),
    "deliveries": Command("deliveries", "deliveries", "say for each server what it has, what it waits for, and why"),
    "deliveries retry": Command("deliveries", "retry", "try again now what waits or was given up"),
    "login": Command("login", "login", "print a link to the author's pages: works once, within 15 minutes"),
    "demo": Command("demo", "demo", "show the main job on this machine"),
}

#: Named in the manual, and not made yet.
LATER = frozenset({"doctor", "keys", "import", "export", "backup", "restore", "move"})

#: For git's hooks only.
HIDDEN: dict[str, Command] = {
    "hook pre-receive": Command("hooks", "pre_receive", "judge a push"),
    "hook post-receive": Command("hooks", "post_receive", "publish a push"),
}
