"""A commit's tree -> whether there is surely nothing to publish, with few imports; `publish` and the hooks ask first.

It never says so wrongly; whether there is something, the publisher finds out (docs/decisions/0008).
"""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path

from bridge.clock import utc_now
from bridge.config import Config
from bridge.issues.source import IssueTree
from bridge.outbox.standing import is_as_published
from bridge.store import sqlite_standing
from bridge.store.sqlite_standing import Standing


def is_in_line(settings: Config, tree: IssueTree) -> bool:
    """Whether everything is out as the tree has it."""
    file = _plain_file(settings)
    standing = None if file is None else sqlite_standing.find(file)
    return standing is not None and _is_out(settings, tree, standing)


def settle(settings: Config, tree: IssueTree) -> bool | None:
    """The same, noted as published; None where it cannot be told, or what the server published is still to be told."""
    file = _plain_file(settings)
    if file is None or tree.commit is None:
        return None
    return sqlite_standing.settle(file, tree.commit, partial(_is_out, settings, tree))


def _is_out(settings: Config, tree: IssueTree, standing: Standing) -> bool:
    # Another url or handle in the config is a fault or a change, which opening the blog tells.
    is_same_blog = (standing.url, standing.acct) == (settings.blog.url, settings.blog.acct)
    return is_same_blog and is_as_published(tree, standing.rows, utc_now())


def _plain_file(settings: Config) -> Path | None:
    """The database's file, where it is one that this user may write; what else there is to say of it, others say."""
    url = settings.database.url
    path = settings.folder / url.removeprefix("sqlite:")
    return path if url.startswith("sqlite:") and os.access(path, os.R_OK | os.W_OK) else None
