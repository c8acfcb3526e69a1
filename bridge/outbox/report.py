"""A publish report -> the lines that the author reads, on a terminal or through git's `remote:`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from bridge.activity.ids import Blog
from bridge.errors import Fault
from bridge.outbox.plan import Step
from bridge.outbox.standing import IN_LINE
from bridge.plurals import counted
from bridge.store.publications import Publication


@dataclass(frozen=True, kw_only=True)
class Report:
    """What a publish did, or with `dry_run` would do."""

    commit: str | None
    zone: ZoneInfo  #: the blog's, in which its author reads times
    steps: Sequence[Step] = ()
    deliveries: Sequence[int] = ()
    followers: int = 0
    servers: int = 0
    unresolved: Sequence[str] = field(default_factory=tuple)
    drafts: Sequence[str] = ()  #: files that are left alone

    @property
    def is_refused(self) -> bool:
        """Whether a file was refused."""
        return any(step.action == "refuse" for step in self.steps)


def report_lines(report: Report, blog: Blog, *, dry_run: bool = False, warned: bool = False) -> Iterator[str]:
    """What happened, or with `dry_run` would happen, issue by issue.

    `warned`: of what is taken back its author was warned before it happened.
    """
    if report.commit is None:
        yield "Nothing is committed yet, so there is nothing to publish."
        return
    if not report.steps:
        yield IN_LINE
    for number, step in enumerate(report.steps):
        made = report.deliveries[number] if number < len(report.deliveries) else None
        if not (warned and step.loses):
            yield from (f"warning: {warning}" for warning in step.warnings)
        yield from _step_lines(step, report, blog, made, dry_run=dry_run)
    if old := [step.slug for step in report.steps if step.imported]:
        yield (
            f"These {len(old)} issues are dated over 30 days back and came together, so they are taken for an import "
            f'that is no news. To send one all the same: rundbrief resend {old[0]}, or "federate: now" in its file.'
        )
    if report.drafts:
        named = ", ".join(report.drafts[:5]) + (", …" if len(report.drafts) > 5 else "")
        one = len(report.drafts) == 1
        yield f"{named} {'is a draft' if one else 'are drafts'}, and nothing of {'it' if one else 'them'} goes out."
    for handle in report.unresolved:
        yield f"@{handle} could not be found, so the name goes out as plain text."


def _step_lines(step: Step, report: Report, blog: Blog, made: int | None, *, dry_run: bool) -> Iterator[str]:
    name = f"{step.slug} ({step.title})" if step.title else step.slug or step.path
    will = "would be" if dry_run else "is"
    page = blog.addresses.page(step.slug)
    match step.action:
        case "refuse":
            for fault in step.faults:
                yield str(fault)
            return
        case "wait":
            assert step.prepared is not None
            assert step.prepared.issue.date is not None
            date = step.prepared.issue.date
            yield f"{name} waits until {in_zone(date, report.zone)}."
        case "move":
            yield f"{name} {will} kept as it is; its file is now called {step.path}."
        case "delete" if step.row is not None and step.row.state != "published":
            yield f"{name} was not out, and {will} forgotten."
        case "delete" if step.row is not None and step.row.object_id is None:
            yield f"{name} {will} taken back: its page is gone, and nobody else had it."
        case "delete":
            yield f"{name} {will} taken back everywhere{_reach(report, step, made)}"
        case _ if step.takes_back:
            yield f"{name} {will} taken back from followers; its page stays: {page}{_reach(report, step, made)}"
        case _ if step.silent:
            yield f"{name} {will} on its page only, told to nobody: {page}"
        case "change" if made == 0 and report.followers and not dry_run:
            yield f"{name} {will} changed on its page; followers see no difference: {page}"
        case "change":
            yield f"{name} {will} changed: {page}{_reach(report, step, made)}"
        case _:
            yield f"{name} {will} published: {page}{_reach(report, step, made)}"
    for warning in step.prepared.warnings if step.prepared and step.action != "delete" else ():
        yield f"warning: {warning}"


def _warnings(step: Step) -> list[Fault]:
    return [*step.warnings, *(step.prepared.warnings if step.prepared else ())]


def in_zone(moment: datetime, zone: ZoneInfo) -> str:
    """A time as the author's clock shows it."""
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M %Z}"


def _reach(report: Report, step: Step, made: int | None) -> str:
    """How many people on how many servers it goes to."""
    sent = "" if made is None else f" ({counted(made, 'delivery', 'deliveries')})"
    if report.followers:
        return f" – goes to {counted(report.followers, 'follower')} on {counted(report.servers, 'server')}{sent}"
    if made and step.prepared is not None and step.prepared.rendered.mentions:
        return f" – nobody follows yet; goes to those whom it names{sent}"
    return f" – nobody follows; goes to those who have it{sent}" if made else " – nobody follows yet"


def report_json(report: Report, blog: Blog) -> dict[str, Any]:
    """The report for programs."""
    return {
        "commit": report.commit,
        "followers": report.followers,
        "servers": report.servers,
        "unresolved": list(report.unresolved),
        "drafts": list(report.drafts),
        "issues": [
            {
                "action": step.action,
                "slug": step.slug,
                "title": step.title,
                "file": step.path,
                "url": blog.addresses.page(step.slug) if step.slug else None,
                "silent": step.silent,
                "deliveries": report.deliveries[number] if number < len(report.deliveries) else None,
                "faults": [str(fault) for fault in step.faults],
                "warnings": [str(warning) for warning in _warnings(step)],
            }
            for number, step in enumerate(report.steps)
        ],
    }


def told_of(
    report: Report, blog: Blog, *, at: datetime, dry_run: bool = False, warned: bool = False, is_told: bool = True
) -> Publication:
    """The report in both forms; `dry_run` and `warned` as for `report_lines`."""
    lines = list(report_lines(report, blog, dry_run=dry_run, warned=warned))
    return Publication(lines=lines, report=report_json(report, blog), at=at, is_told=is_told)
