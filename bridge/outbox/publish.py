"""The last commit of the issues folder -> the world: planned against what is out, written in one transaction.

`cli.author`, the hooks and `watch` call it, at the same time if need be: the transaction checks that what was planned
against is still what is out, else the plan is made again. So nothing goes out twice (contract section 5).
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Protocol
from zoneinfo import ZoneInfo

from bridge.activity.ids import Blog
from bridge.clock import Clock
from bridge.config import BlogConfig
from bridge.errors import UserFault
from bridge.issues.git import Repository
from bridge.issues.issue import Issue
from bridge.issues.rendered import Mention
from bridge.issues.source import (
    IssueTree,
    head_commit,
    is_behind,
    list_tree,
    with_sizes,
)
from bridge.media.folder import MediaFolder
from bridge.outbox.contents import settled_files, with_contents
from bridge.outbox.pictures import keep_new, open_shelf
from bridge.outbox.plan import Step, former_threads, gone_rows, match_rows, steps_for, taken_back
from bridge.outbox.prepare import (
    Prepared,
    ReadFile,
    no_issue,
    read_files,
    render_issue,
    tree_faults,
    with_warnings,
)
from bridge.outbox.record import Recorder
from bridge.outbox.report import Report, told_of
from bridge.outbox.standing import unchanged_rows
from bridge.store import blogs, followers, issues, pictures, publications, published
from bridge.store.database import Database, Transaction
from bridge.store.issues import Outline
from bridge.store.publications import Publication
from bridge.terms import ActorId

_TRIES = 5


class PeopleFinder(Protocol):
    """What `people.People` is, which brings an HTTP client along: git's hooks give something that makes it late."""

    async def resolve(self, issues: Sequence[Issue]) -> Mapping[str, Mention]: ...
    async def meet(self, actor_ids: Iterable[ActorId]) -> None: ...


@dataclass(frozen=True, kw_only=True)
class _Out:
    """What is out when a plan is made."""

    commit: str | None
    rows: Sequence[Outline]
    followers: int
    servers: int


@dataclass(frozen=True, kw_only=True)
class _Looked:
    """The files of a commit beside what is out. `kept` are the numbers of issues that nothing is to be done for.

    `changed` is what is to be rendered, `settled` turned out to be as it was. `open_slugs` are those of all issues that
    readers can open.
    """

    tree: IssueTree
    rows: Sequence[Outline]
    kept: Collection[int]
    matched: Mapping[str, Outline]
    settled: Mapping[str, ReadFile]
    changed: Sequence[ReadFile]
    open_slugs: Collection[str]


@dataclass(frozen=True, kw_only=True)
class _Plan:
    """What is to be done. `settled` are the issues that are as they were, whose files only lie beside others now."""

    steps: Sequence[Step]
    settled: Sequence[tuple[Outline, ReadFile]]
    unresolved: Sequence[str]
    drafts: Sequence[str]
    zone: ZoneInfo

    def report(self, commit: str, out: _Out) -> Report:
        """What carrying it out would do."""
        return Report(
            commit=commit,
            zone=self.zone,
            steps=self.steps,
            drafts=self.drafts,
            followers=out.followers,
            servers=out.servers,
            unresolved=self.unresolved,
        )


@dataclass(frozen=True, kw_only=True)
class Publisher:
    """Everything publishing needs. `people` is None where nobody may be asked: then mentions stay plain text."""

    blog_config: BlogConfig
    close_after: timedelta | None
    blog: Blog
    database: Database
    repository: Repository
    people: PeopleFinder | None
    media: MediaFolder | None
    clock: Clock

    async def publish(
        self,
        *,
        only: Sequence[str] | None = None,
        removed: Collection[str] = (),
        allow_delete: bool = False,
        dry_run: bool = False,
        again: str | None = None,
        unattended: bool = False,
    ) -> Report:
        """Bring the world in line with the last commit.

        `only` names the paths to look at; what is not named is never removed. Those in `removed`
        may belong to no issue: files that were deleted before they were ever published. `again` is the slug of an
        issue that goes out although its file is the same. `unattended` says that no author reads the report, so it is
        kept for one who asks. Raises UserFault when more than one published issue would be taken back and neither
        `allow_delete` nor the commit's pusher allows it.
        """
        for _ in range(_TRIES):
            out = await self.database.read(self._out)
            commit = await asyncio.to_thread(head_commit, self.repository)
            if commit is None:
                zone = self.blog_config.timezone
                return Report(commit=None, zone=zone, followers=out.followers, servers=out.servers)
            plan = await self._plan(commit, out, only=only, removed=removed, again=again, keep_pictures=not dry_run)
            await self._check_deletions(plan.steps, commit, allow_delete=allow_delete)
            if dry_run:
                return plan.report(commit, out)
            done = await self.database.write(
                partial(self._write, out=out, commit=commit, plan=plan, only=only, unattended=unattended)
            )
            if done is not None:
                return done
        raise UserFault("somebody else keeps publishing at the same time; try again in a moment")

    async def judge(self, commit: str, repository: Repository, *, allow_delete: bool) -> Report:
        """What publishing this commit would do, for a push that is not accepted yet; publishes nothing.

        `repository` sees the pushed objects in git's quarantine. Mentions are not looked up. Raises UserFault as
        `publish` does.
        """
        out = await self.database.read(self._out)
        plan = await self._plan(commit, out, repository=repository)
        await self._check_deletions(plan.steps, commit, allow_delete=allow_delete)
        if allow_delete and len(taken_back(plan.steps)) > 1:
            now = self.clock()
            await self.database.write(
                lambda tx: publications.allow_deletions(tx, self.blog.id, commit, now=now),
            )
        return plan.report(commit, out)

    async def try_out(
        self,
        tree: str,
        repository: Repository,
        *,
        only: Sequence[str],
        removed: Collection[str] = (),
        allow_delete: bool = False,
    ) -> Report:
        """What publishing these paths of a tree would do that is not committed yet (`issues.trial`).

        Raises UserFault as `publish` does.
        """
        out = await self.database.read(self._out)
        plan = await self._plan(tree, out, only=only, removed=removed, repository=repository)
        await self._check_deletions(plan.steps, tree, allow_delete=allow_delete)
        commit = await asyncio.to_thread(head_commit, self.repository)
        return plan.report(commit or tree, out)

    async def is_due(self) -> bool:
        """Whether the last commit is not out yet, or an issue's date has come.

        A commit earlier than what is out, as after a backup was put back, waits for an author's `publish`.
        """
        commit = await asyncio.to_thread(head_commit, self.repository)
        if commit is None:
            return False
        out = await self.database.read(lambda tx: blogs.published_commit(tx, self.blog.id))
        if out != commit and not await asyncio.to_thread(is_behind, self.repository, commit, out):
            return True
        return await self.has_come()

    async def has_come(self) -> bool:
        """Whether the date of a waiting issue has come."""
        date = await self.database.read(lambda tx: issues.next_date(tx, self.blog.id))
        return date is not None and date <= self.clock()

    async def told(self, report: Report, *, dry_run: bool = False, warned: bool = False) -> Publication:
        """What the author reads who asked for `report`: a server that looked earlier may have published the commit."""
        commit = report.commit
        if commit is not None and not report.steps and not dry_run:
            earlier = await self.database.write(lambda tx: publications.take(tx, self.blog.id, commit))
            if earlier is not None:
                return earlier
        return told_of(report, self.blog, at=self.clock(), dry_run=dry_run, warned=warned)

    def _out(self, tx: Transaction) -> _Out:
        return _Out(
            commit=blogs.published_commit(tx, self.blog.id),
            rows=issues.outlines(tx, self.blog.id),
            followers=followers.count(tx, self.blog.id),
            servers=followers.count_servers(tx, self.blog.id),
        )

    async def _plan(
        self,
        commit: str,
        out: _Out,
        *,
        only: Sequence[str] | None = None,
        removed: Collection[str] = (),
        again: str | None = None,
        repository: Repository | None = None,
        keep_pictures: bool = False,
    ) -> _Plan:
        repository, now = repository or self.repository, self.clock()
        looked = await self._look(repository, commit, out, only=only, removed=removed, again=again, now=now)
        ready = await self._prepare(repository, looked.changed, looked.open_slugs, keep_pictures=keep_pictures)
        ready += tree_faults(looked.tree, only)
        refused = [one for one in ready if isinstance(one, ReadFile)]
        prepared = [one for one in ready if isinstance(one, Prepared)]
        matched = looked.matched
        gone = gone_rows(looked.rows, kept=looked.kept, matched=matched, refused=refused, only=only)
        threads = former_threads(matched, [one.issue for one in prepared])
        sections = await self.database.read(lambda tx: published.count_sections(tx, threads)) if threads else {}
        steps = steps_for(ready, matched, gone=gone, now=now, again=again, sections=sections)
        if self.people is not None:
            await self.people.meet(
                mention.actor_id for step in steps if step.prepared for mention in step.prepared.rendered.mentions
            )
        unresolved = [handle for one in prepared for handle in one.unresolved]
        return _Plan(
            steps=steps,
            settled=[(matched[path], one) for path, one in looked.settled.items()],
            unresolved=list(dict.fromkeys(unresolved)),
            drafts=[one.file.path for one in prepared if one.issue.draft and not _is_known(matched, one)],
            zone=self.blog_config.timezone,
        )

    async def _look(
        self,
        repository: Repository,
        commit: str,
        out: _Out,
        *,
        only: Sequence[str] | None,
        removed: Collection[str],
        again: str | None,
        now: datetime,
    ) -> _Looked:
        """Find out which files may have changed, and read those. Raises UserFault for a path that names no issue."""
        tree = await asyncio.to_thread(list_tree, repository, commit)
        same = unchanged_rows(tree.files, [row for row in out.rows if row.slug != again], now)
        tree = await asyncio.to_thread(with_sizes, repository, tree, known=same.keys())
        known = _known_paths(tree, out.rows)
        if missing := [path for path in only or () if path not in known and path not in removed]:
            raise UserFault(no_issue(repository, missing[0]))
        paths = frozenset(file.path for file in tree.files)
        looked_at = [file for file in tree.files if only is None or file.path in only]
        unnamed = paths.difference(file.path for file in looked_at)
        others = {row.path: row for row in out.rows if row.state != "deleted" and row.path in unnamed}
        kept = {**others, **same}
        read = await asyncio.to_thread(
            read_files,
            repository,
            [file for file in looked_at if file.path not in same],
            self.blog_config,
            others=[(row.path, row.slug) for row in kept.values()],
        )
        ids = {row.id for row in kept.values()}
        rows = await asyncio.to_thread(with_contents, repository, out.rows, out.commit, but=ids)
        return _compared(tree, read, rows, kept=ids, now=now, again=again)

    async def _prepare(
        self, repository: Repository, changed: Sequence[ReadFile], open_slugs: Collection[str], *, keep_pictures: bool
    ) -> list[Prepared | ReadFile]:
        """Render the files, with the people whom they name and their pictures."""
        mentions = await self._mentions([one.issue for one in changed if one.issue is not None])
        shelf = await open_shelf(self.database, self.blog, repository, folder=self.media if keep_pictures else None)
        ready = await asyncio.to_thread(lambda: [render_issue(one, mentions, self.blog, shelf) for one in changed])
        await keep_new(self.database, shelf, now=self.clock())
        return [with_warnings(one, self.blog, open_slugs) for one in ready]

    async def _mentions(self, written: Sequence[Issue]) -> Mapping[str, Mention]:
        return {} if self.people is None else await self.people.resolve(written)

    async def _check_deletions(self, steps: Sequence[Step], commit: str, *, allow_delete: bool) -> None:
        taken = taken_back(steps)
        if len(taken) < 2 or allow_delete:
            return
        if await self.database.read(lambda tx: publications.may_delete(tx, self.blog.id, commit)):
            return
        names = ", ".join(step.slug for step in taken[:10]) + (", …" if len(taken) > 10 else "")
        raise UserFault(
            f"this would take {len(taken)} published issues back ({names}); if that is meant, push with "
            "`git push -o delete`, or run `rundbrief publish --delete`"
        )

    def _write(
        self,
        tx: Transaction,
        out: _Out,
        commit: str,
        plan: _Plan,
        only: Sequence[str] | None,
        unattended: bool,
    ) -> Report | None:
        """None when others published since the plan was made, or a picture it needs is gone."""
        tx.lock(f"publish {self.blog.id}")
        if not pictures.are_kept(tx, {token for step in plan.steps for token in _tokens(step)}):
            return None
        if self._out(tx).rows != out.rows or blogs.published_commit(tx, self.blog.id) != out.commit:
            return None
        now = self.clock()
        recorder = Recorder(tx=tx, blog=self.blog, close_after=self.close_after, now=now)
        for row, one in plan.settled:
            if one.issue is not None:
                recorder.settle(row, one.file, one.issue)
        done = replace(plan.report(commit, out), deliveries=[recorder.apply(step) for step in plan.steps])
        if only is None:
            blogs.record_published(tx, self.blog.id, commit)
            if plan.steps:
                publication = told_of(done, self.blog, warned=True, at=now, is_told=not unattended)
                publications.add(tx, self.blog.id, commit, publication)
        return done


def _compared(
    tree: IssueTree,
    read: Sequence[ReadFile],
    rows: Sequence[Outline],
    *,
    kept: set[int],
    now: datetime,
    again: str | None,
) -> _Looked:
    """Match what was read with what is out, and find what has changed."""
    matched = match_rows(read, rows, paths=frozenset(file.path for file in tree.files), kept=kept)
    settled = settled_files(read, matched, now=now, again=again)
    written = {one.issue.slug for one in read if one.issue is not None and not one.issue.draft}
    return _Looked(
        tree=tree,
        rows=rows,
        kept=kept,
        matched=matched,
        settled=settled,
        changed=[one for one in read if one.file.path not in settled],
        open_slugs={row.slug for row in rows if row.state == "published"} | written,
    )


def _known_paths(tree: IssueTree, rows: Sequence[Outline]) -> set[str]:
    """What an author may name: what lies there, and what is out or was."""
    return {file.path for file in tree.files} | {fault.path for fault in tree.faults} | {row.path for row in rows}


def _is_known(matched: Mapping[str, Outline], one: Prepared) -> bool:
    row = matched.get(one.file.path)
    return row is not None and row.state != "deleted"


def _tokens(step: Step) -> Sequence[str]:
    return () if step.prepared is None else step.prepared.tokens
