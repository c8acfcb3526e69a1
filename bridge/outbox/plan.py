"""What the files say and what is out -> one step for each issue; pure. The diff decides, nothing else (contract 5)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from bridge.errors import Fault
from bridge.issues.source import IssueFile
from bridge.outbox.prepare import Prepared, ReadFile
from bridge.store.issues import IssueRow

Action = Literal["create", "change", "page", "wait", "delete", "refuse"]

#: This many never-federated issues dated further back than `_OLD` are an import, not news: they become pages only.
_BULK = 10
_OLD = timedelta(days=30)


@dataclass(frozen=True, kw_only=True)
class Step:
    """What happens to one issue. `row` is what is out or was; `prepared` what shall be."""

    action: Action
    path: str
    slug: str
    title: str
    row: IssueRow | None = None
    prepared: Prepared | None = None
    silent: bool = False  #: page only: nothing is told to followers
    faults: Sequence[Fault] = ()


def is_unchanged(file: IssueFile, row: IssueRow | None, now: datetime) -> bool:
    """Whether the file need not even be read: it is out as it is, or waits for its date, or is withdrawn."""
    if row is None or row.digest != file.fingerprint or row.path != file.path:
        return False
    return row.state in ("published", "withdrawn") or (row.state == "waiting" and row.date > now)


def match_rows(read: Iterable[ReadFile], rows: Sequence[IssueRow], paths: frozenset[str]) -> dict[str, IssueRow]:
    """Which issue each read file is: by its slug, else the one of its path, else a moved file of the same bytes.

    `paths` are all issue files of the commit; keys of the result are paths.
    """
    by_slug: dict[str, IssueRow] = {row.slug: row for row in rows}
    by_path = {row.path: row for row in rows if row.state != "deleted"}
    lost = {row.digest: row for row in rows if row.path not in paths and row.state != "deleted"}
    files = [one for one in read if one.issue is not None]
    taken = {by_slug[one.issue.slug].id for one in files if one.issue and one.issue.slug in by_slug}
    found: dict[str, IssueRow] = {}
    for one in files:
        slug = one.issue.slug if one.issue else ""
        row = by_slug.get(slug) or by_path.get(one.file.path) or lost.get(one.file.fingerprint)
        if row is not None and (row.slug == slug or row.id not in taken):
            found[one.file.path] = row
            taken.add(row.id)
    return found


def steps_for(
    ready: Sequence[Prepared | ReadFile],
    rows: Sequence[IssueRow],
    matched: Mapping[str, IssueRow],
    *,
    paths: frozenset[str],
    all_files: bool,
    now: datetime,
) -> list[Step]:
    """One step for each issue that is not as it should be; not `all_files`: only named files were looked at."""
    by_path = {row.path: row for row in rows}
    steps: list[Step] = []
    for one in ready:
        path = one.file.path
        if isinstance(one, ReadFile):
            row = by_path.get(path)
            title = row.title if row else ""
            steps.append(Step(action="refuse", path=path, slug=row.slug if row else "", title=title, faults=one.faults))
        else:
            step = _step(one, matched.get(path), now)
            steps += [] if step is None else [step]
    if all_files:
        kept = {row.id for row in matched.values()}
        steps += [
            Step(action="delete", path=row.path, slug=row.slug, title=row.title, row=row)
            for row in rows
            if row.state != "deleted" and row.path not in paths and row.id not in kept
        ]
    return _silence_imports(steps, now)


def _step(prepared: Prepared, row: IssueRow | None, now: datetime) -> Step | None:
    issue = prepared.issue
    is_out = row is not None and row.state == "published"
    is_known = row is not None and row.state != "deleted"
    action: Action
    if issue.draft:
        if not is_known:
            return None
        action = "delete"
    elif issue.date is not None and issue.date > now and not is_out:
        action = "wait"
    elif is_out:
        action = "change"
    else:
        action = "create"
    return Step(
        action=action,
        path=issue.path,
        slug=issue.slug,
        title=issue.title,
        row=row,
        prepared=prepared,
        silent=issue.federate is False
        or (is_out and row is not None and row.object_id is None and issue.federate is True),
    )


def _silence_imports(steps: list[Step], now: datetime) -> list[Step]:
    """Old issues that come in bulk stay silent unless their file says `federate: now`."""
    old = [step for step in steps if _is_old_news(step, now)]
    if len(old) < _BULK:
        return steps
    return [
        Step(**{**step.__dict__, "silent": True}) if step in old and _may_be_silenced(step) else step for step in steps
    ]


def _is_old_news(step: Step, now: datetime) -> bool:
    date = step.prepared.issue.date if step.prepared else None
    return step.action == "create" and step.row is None and date is not None and date < now - _OLD


def _may_be_silenced(step: Step) -> bool:
    return step.prepared is not None and step.prepared.issue.federate != "now"


def taken_back(steps: Iterable[Step]) -> list[Step]:
    """The published issues that the steps would take back."""
    return [
        step for step in steps if step.action == "delete" and step.row is not None and step.row.state == "published"
    ]
