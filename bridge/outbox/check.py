"""The issue files as saved -> what a push of them would be refused for, and warnings; called by `lint` and `preview`.

What needs the network or the database is looked at here: mentions, and what is out already (contract section 4).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import partial

from bridge.errors import Fault, IssueFaults, UserFault
from bridge.issues.issue import picture_in_text
from bridge.issues.lint import MOST_PICTURE
from bridge.issues.rendered import ServedPicture
from bridge.issues.source import IssueFile, IssueTree
from bridge.issues.worktree import read_saved, read_saved_tree
from bridge.outbox.pictures import Shelf
from bridge.outbox.plan import former_threads, gone_rows, match_rows, steps_for, taken_back
from bridge.outbox.prepare import (
    Prepared,
    ReadFile,
    no_issue,
    read_file,
    render_issue,
    tree_faults,
    with_warnings,
    without_twins,
)
from bridge.outbox.publish import Publisher
from bridge.store import issues, published
from bridge.store.issues import Outline


@dataclass(frozen=True, kw_only=True)
class Checked:
    """What was found. `refusals` are what a push would be refused for; `ready` are the files looked at."""

    refusals: Sequence[Fault]
    warnings: Sequence[Fault]
    ready: Sequence[Prepared | ReadFile]


async def check(
    publisher: Publisher,
    only: Sequence[str] | None = None,
    *,
    picture: Callable[[IssueFile, str], ServedPicture | None] | None = None,
) -> Checked:
    """Judge the saved files, all or those named; raises UserFault for a name that is not an issue file."""
    tree, read = await asyncio.to_thread(_read_all, publisher)
    named = [one for one in read if only is None or one.file.path in only]
    broken = tree_faults(tree, only)
    _check_named(publisher, only, [*named, *broken])
    rows = await publisher.database.read(lambda tx: issues.outlines(tx, publisher.blog.id))
    written = [one.issue for one in named if one.issue is not None]
    mentions = await publisher.people.resolve(written) if publisher.people else {}
    slugs = {one.issue.slug for one in read if one.issue is not None and not one.issue.draft}

    shelf = Shelf(
        read=lambda file: read_saved(publisher.repository, file.path, most=MOST_PICTURE),
        addresses=publisher.blog.addresses,
        blog_id=publisher.blog.id,
        kept={},
        folder=None,
    )

    def render() -> list[Prepared | ReadFile]:
        ready = []
        for one in named:
            picture_of = None if picture is None else partial(picture, one.file)
            shown = render_issue(one, mentions, publisher.blog, shelf, picture_of=picture_of)
            ready.append(with_warnings(shown, publisher.blog, slugs))
        return ready

    ready = [*await asyncio.to_thread(render), *broken]
    refusals = [fault for one in ready if isinstance(one, ReadFile) for fault in one.faults]
    warnings = [fault for one in ready if isinstance(one, Prepared) for fault in [*one.warnings, *_unresolved(one)]]
    more_refusals, more_warnings = await _against(rows, ready, read, publisher, only, tree)
    return Checked(refusals=[*refusals, *more_refusals], warnings=[*warnings, *more_warnings], ready=ready)


def _read_all(publisher: Publisher) -> tuple[IssueTree, list[ReadFile]]:
    tree = read_saved_tree(publisher.repository)
    read: list[ReadFile] = []
    for file in tree.files:
        try:
            raw = read_saved(publisher.repository, file.path)
        except IssueFaults as error:
            read.append(ReadFile(file=file, issue=None, faults=error.faults))
        else:
            read.append(read_file(file, raw, publisher.blog_config))
    return tree, without_twins(read, ())


def _check_named(publisher: Publisher, only: Sequence[str] | None, found: Sequence[ReadFile]) -> None:
    known = {one.file.path for one in found}
    for path in only or ():
        if path not in known:
            raise UserFault(no_issue(publisher.repository, path))


def _unresolved(prepared: Prepared) -> list[Fault]:
    issue = prepared.issue
    lines = issue.body.casefold().split("\n")
    found: list[Fault] = []
    for handle in prepared.unresolved:
        at = next((number for number, line in enumerate(lines) if f"@{handle.casefold()}" in line), None)
        line = issue.lines.get("teaser") if at is None else issue.body_line + at
        reason = f"@{handle} could not be found, so the name would go out as plain text and notify nobody"
        found.append(Fault(issue.path, line, reason))
    return found


async def _against(
    rows: Sequence[Outline],
    ready: Sequence[Prepared | ReadFile],
    read: Sequence[ReadFile],
    publisher: Publisher,
    only: Collection[str] | None,
    tree: IssueTree,
) -> tuple[list[Fault], list[Fault]]:
    """What is out already makes a fault or a warning of."""
    paths = frozenset(file.path for file in tree.files)
    matched = match_rows(read, rows, paths=paths, kept=())
    broken = [*(one for one in read if one.issue is None), *(one for one in ready if isinstance(one, ReadFile))]
    gone = [] if only is not None else gone_rows(rows, kept=(), matched=matched, refused=broken, only=None)
    threads = former_threads(matched, [one.issue for one in ready if isinstance(one, Prepared)])
    sections = await publisher.database.read(lambda tx: published.count_sections(tx, threads)) if threads else {}
    steps = steps_for(ready, matched, gone=gone, now=publisher.clock(), sections=sections)
    taken = taken_back(steps)
    refusals: list[Fault] = []
    if len(taken) > 1:
        names = ", ".join(step.slug for step in taken)
        reason = f"A push would take {len(taken)} published issues back. It is taken only with `git push -o delete`"
        refusals.append(Fault(names, None, reason))
    return refusals, [warning for step in steps for warning in step.warnings]


def picture_of(file: IssueFile, path: str) -> str | None:
    """The path below the issues folder of a picture as the text names it."""
    name = picture_in_text(path)
    return next((picture.path for picture in file.pictures if picture.name == name), None)
