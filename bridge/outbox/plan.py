"""What the files say and what is out -> one step for each issue; pure. The diff decides, nothing else (contract 5)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Literal

from bridge.errors import Fault
from bridge.issues.issue import Issue
from bridge.outbox.contents import content_of
from bridge.outbox.prepare import Prepared, ReadFile
from bridge.store.issues import Outline

#: `move`: the file has another name and nothing else is new. `refuse`: the file is broken; the others go on.
Action = Literal["create", "change", "move", "wait", "delete", "refuse"]

#: So many issues that nobody was told of, each dated further back than `_OLD`, are an import and no news: they become
#: pages only. Fewer are taken at their word: who pushes an old letter or three wants them sent.
_BULK = 10
_OLD = timedelta(days=30)

_NEW_POST = "Published again it will be a new post, without the old one's boosts and likes"


@dataclass(frozen=True, kw_only=True)
class Step:
    """What happens to one issue. `row` is what is out or was; `prepared` what shall be."""

    action: Action
    path: str
    slug: str
    title: str
    row: Outline | None = None
    prepared: Prepared | None = None
    silent: bool = False  #: page only: nothing is told to followers
    imported: bool = False  #: silent because it came with many other old ones
    sections_lost: int = 0  #: posts of sections that the new format has no place for
    faults: Sequence[Fault] = ()
    warnings: Sequence[Fault] = ()

    @property
    def takes_back(self) -> bool:
        """Whether followers or readers lose an issue that is out."""
        if self.row is None or self.row.state != "published":
            return False
        return self.action == "delete" or (self.silent and self.action == "change" and self.row.object_id is not None)

    @property
    def loses(self) -> bool:
        """Whether anything that is out is taken back, of which the author is warned before it happens."""
        return self.takes_back or self.sections_lost > 0


def match_rows(
    read: Iterable[ReadFile], rows: Iterable[Outline], *, paths: frozenset[str], kept: Collection[int]
) -> dict[str, Outline]:
    """Which issue each read file is, by path: the one of its slug, else the one that was at its path.

    Else one of the same content that is gone from its path, else one deleted earlier under that slug. `paths` are
    all issue files of the commit, `kept` the numbers of issues that belong to other files.
    """
    known = [row for row in rows if row.id not in kept]
    live = [row for row in known if row.state != "deleted"]
    by_slug = {row.slug: row for row in live}
    by_path = {row.path: row for row in live}
    lost = {content_of(row): row for row in live if row.path not in paths}
    deleted = {row.slug: row for row in known if row.state == "deleted"}
    written = [one.issue for one in read if one.issue is not None]
    found = {issue.path: by_slug[issue.slug] for issue in written if issue.slug in by_slug}
    taken = {row.id for row in found.values()}
    for issue in written:
        if issue.path in found:
            continue
        row = by_path.get(issue.path) or lost.get(issue.digest)
        if row is None or row.id in taken:
            row = deleted.get(issue.slug)
        if row is not None:
            found[issue.path] = row
            taken.add(row.id)
    return found


def steps_for(
    ready: Sequence[Prepared | ReadFile],
    matched: Mapping[str, Outline],
    *,
    gone: Sequence[Outline],
    now: datetime,
    again: str | None = None,
    sections: Mapping[int, int] = MappingProxyType({}),
) -> list[Step]:
    """One step for each issue that is not as it should be. `gone` are those without a file.

    `again` is the slug of an issue that its author wants sent though nothing changed. `sections` says how many posts
    of sections are out, by the issue's number.
    """
    steps: list[Step] = []
    for one in ready:
        row = matched.get(one.file.path)
        if isinstance(one, ReadFile):
            slug, title = (row.slug, row.title) if row else ("", "")
            steps.append(Step(action="refuse", path=one.file.path, slug=slug, title=title, row=row, faults=one.faults))
        else:
            step = _step(one, row, now, wanted=one.issue.slug == again, sections=sections)
            steps += [] if step is None else [step]
    steps += [Step(action="delete", path=row.path, slug=row.slug, title=row.title, row=row) for row in gone]
    return _silence_imports(steps, now)


def gone_rows(
    rows: Iterable[Outline],
    *,
    kept: Collection[int],
    matched: Mapping[str, Outline],
    refused: Iterable[ReadFile],
    only: Collection[str] | None,
) -> list[Outline]:
    """The issues whose file is not there any more. A broken file keeps its issue, also under another name.

    `only`: a file that was not named is never taken as removed.
    """
    belongs = {*kept, *(row.id for row in matched.values())}
    broken = list(refused)
    paths = {one.file.path for one in broken}
    slugs = {slug for one in broken for slug in one.likely_slugs}
    return [
        row
        for row in rows
        if row.state != "deleted"
        and row.id not in belongs
        and row.path not in paths
        and row.slug not in slugs
        and (only is None or row.path in only)
    ]


def _step(
    prepared: Prepared, row: Outline | None, now: datetime, *, wanted: bool, sections: Mapping[int, int]
) -> Step | None:
    issue = prepared.issue
    is_out = row is not None and row.state == "published"
    is_known = row is not None and row.state != "deleted"
    is_same = row is not None and is_known and content_of(row) == issue.digest and row.slug == issue.slug
    action: Action
    if issue.draft:
        if not is_known:
            return None
        action = "delete"
    elif issue.date is not None and issue.date > now and not is_out and not wanted:
        action = "move" if is_same else "wait"
    elif is_same and not wanted and row is not None and row.state != "waiting":
        action = "move"
    else:
        action = "change" if is_out else "create"
    is_no_thread = is_out and action == "change" and issue.format != "thread"
    step = Step(
        action=action,
        path=issue.path,
        slug=issue.slug,
        title=issue.title,
        row=row,
        prepared=prepared,
        silent=_is_silent(prepared, row, wanted=wanted),
        sections_lost=sections.get(row.id, 0) if row is not None and is_no_thread else 0,
    )
    return replace(step, warnings=_warnings(step, issue, row, now)) if row is not None and is_out else step


def _is_silent(prepared: Prepared, row: Outline | None, *, wanted: bool) -> bool:
    """A page that nobody was told of stays one when it is edited, unless its file alone has kept it from going out."""
    federate = prepared.issue.federate
    if federate is not True or wanted:
        return federate is False
    if row is None or row.state not in ("published", "withdrawn") or row.object_id is not None:
        return False
    return row.source.get("federate") is not False


def _warnings(step: Step, issue: Issue, row: Outline, now: datetime) -> list[Fault]:
    """What the author may not expect of an issue that is out."""
    found: list[tuple[str, str]] = []
    if step.action == "delete":
        found.append(("draft", f"The issue is out, and as a draft it is taken back everywhere. {_NEW_POST}"))
    elif step.takes_back:
        reason = 'The issue is out, and with "federate: false" it is taken back from followers; its page stays.'
        found.append(("federate", f"{reason} {_NEW_POST}"))
    elif issue.date is not None and issue.date > now:
        found.append(("date", "The date lies in the future, but the issue is out already and stays out"))
    if step.action == "change" and row.object_id is not None and not step.takes_back:
        if row.visibility != issue.visibility:
            found.append(("visibility", "Other servers do not change the visibility of a post that they have"))
        if step.sections_lost:
            posts = (
                "one post of its sections is"
                if step.sections_lost == 1
                else (f"{step.sections_lost} posts of its sections are")
            )
            reason = f'As "{issue.format}" the issue is one post, so {posts} taken back, with their boosts and likes'
            found.append(("format", reason))
        if (row.source.get("format") == "article") != (issue.format == "article"):
            reason = "Other servers keep the kind of a post that they have, so some will not show this change of format"
            found.append(("format", reason))
    return [Fault(issue.path, issue.lines.get(key), reason) for key, reason in found]


def _silence_imports(steps: list[Step], now: datetime) -> list[Step]:
    """Old issues that come in bulk stay silent unless their file says `federate: now`."""
    old = {number for number, step in enumerate(steps) if _is_old_news(step, now)}
    if len(old) < _BULK:
        return steps
    return [replace(step, silent=True, imported=True) if number in old else step for number, step in enumerate(steps)]


def _is_old_news(step: Step, now: datetime) -> bool:
    if step.prepared is None or step.silent or step.action not in ("create", "change"):
        return False
    issue = step.prepared.issue
    is_new = step.row is None or step.row.object_id is None
    return is_new and issue.federate is True and issue.date is not None and issue.date < now - _OLD


def taken_back(steps: Iterable[Step]) -> list[Step]:
    """The published issues that the steps would take back."""
    return [step for step in steps if step.takes_back]


def former_threads(matched: Mapping[str, Outline], issues: Iterable[Issue]) -> list[int]:
    """The numbers of issues that are out as threads and shall be something else."""
    files = [(matched.get(issue.path), issue) for issue in issues]
    return [row.id for row, issue in files if row and row.source.get("format") == "thread" != issue.format]
