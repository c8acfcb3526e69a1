"""The last commit of the issues folder -> the world: planned against what is out, written in one transaction.

`cli.author`, the hooks and `serve` call it, at the same time if need be: the transaction checks that what was planned
against is still what is out, else the plan is made again. So nothing goes out twice (contract section 5).
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace

from bridge.activity.ids import Blog
from bridge.clock import Clock
from bridge.config import Config
from bridge.errors import FetchError, UserFault
from bridge.issues.git import Repository
from bridge.issues.source import IssueFile, IssueTree, head_commit, read_tree
from bridge.outbox.plan import Step, is_unchanged, match_rows, steps_for, taken_back
from bridge.outbox.prepare import Prepared, ReadFile, read_files, render_issue, resolve
from bridge.outbox.record import Recorder
from bridge.outbox.report import Report, report_lines
from bridge.remote.actors import RemoteActors
from bridge.remote.budget import Budget
from bridge.remote.webfinger import WebFinger
from bridge.store import blogs, followers, issues, publications
from bridge.store.database import Database, Transaction
from bridge.store.issues import IssueRow

_TRIES = 5


@dataclass(frozen=True, kw_only=True)
class _Out:
    """What is out when a plan is made."""

    commit: str | None
    rows: Sequence[IssueRow]
    followers: int
    servers: int


@dataclass(frozen=True, kw_only=True)
class Publisher:
    """Everything publishing needs."""

    config: Config
    blog: Blog
    database: Database
    repository: Repository
    webfinger: WebFinger
    actors: RemoteActors
    clock: Clock

    async def publish(
        self, *, only: Sequence[str] | None = None, allow_delete: bool = False, dry_run: bool = False
    ) -> Report:
        """Bring the world in line with the last commit. `only` names the paths to look at, and removes nothing.

        Raises UserFault when more than one published issue would be taken back without `allow_delete`.
        """
        for _ in range(_TRIES):
            out = await self.database.read(self._out)
            commit = await asyncio.to_thread(head_commit, self.repository)
            if commit is None:
                return Report(commit=None, followers=out.followers, servers=out.servers)
            steps, unresolved = await self._plan(commit, out, only)
            self._check_deletions(steps, allow_delete=allow_delete)
            report = Report(
                commit=commit,
                steps=steps,
                followers=out.followers,
                servers=out.servers,
                unresolved=unresolved,
            )
            if dry_run:
                return report
            done = await self.database.write(lambda tx, o=out, r=report: self._write(tx, o, r, only))  # type: ignore[misc]
            if done is not None:
                return done
        raise UserFault("others keep publishing at the same time; try again in a moment")

    async def judge(self, commit: str, repository: Repository, *, allow_delete: bool) -> Report:
        """What publishing this commit would do, for a push that is not accepted yet; writes nothing.

        `repository` sees the pushed objects in git's quarantine. Mentions are not looked up. Raises UserFault as
        `publish` does.
        """
        out = await self.database.read(self._out)
        steps, _ = await self._plan(commit, out, None, repository=repository, ask_network=False)
        self._check_deletions(steps, allow_delete=allow_delete)
        return Report(commit=commit, steps=steps, followers=out.followers, servers=out.servers)

    async def is_due(self) -> bool:
        """Whether the last commit is not out yet, or an issue's date has come."""
        commit = await asyncio.to_thread(head_commit, self.repository)
        now = self.clock()

        def waits(tx: Transaction) -> bool:
            rows = issues.all_of(tx, self.blog.id, "waiting")
            return blogs.published_commit(tx, self.blog.id) != commit or any(row.date <= now for row in rows)

        return commit is not None and await self.database.read(waits)

    def _out(self, tx: Transaction) -> _Out:
        return _Out(
            commit=blogs.published_commit(tx, self.blog.id),
            rows=issues.all_of(tx, self.blog.id),
            followers=followers.count(tx, self.blog.id),
            servers=followers.count_servers(tx, self.blog.id),
        )

    async def _plan(
        self,
        commit: str,
        out: _Out,
        only: Sequence[str] | None,
        *,
        repository: Repository | None = None,
        ask_network: bool = True,
    ) -> tuple[list[Step], list[str]]:
        repository = repository or self.repository
        tree = await asyncio.to_thread(read_tree, repository, commit)
        now = self.clock()
        by_path = {row.path: row for row in out.rows}
        looked_at = [file for file in tree.files if only is None or file.path in only]
        changed = [file for file in looked_at if not is_unchanged(file, by_path.get(file.path), now)]
        read = await asyncio.to_thread(read_files, repository, changed, self.config.blog)
        written = [one.issue for one in read if one.issue is not None]
        mentions = await resolve(written, self.webfinger) if ask_network else {}
        ready = await asyncio.to_thread(lambda: [render_issue(one, mentions, self.blog) for one in read])
        paths = frozenset(file.path for file in tree.files)
        steps = steps_for(
            [*ready, *_tree_faults(tree, only)],
            out.rows,
            match_rows(read, out.rows, paths),
            paths=paths,
            all_files=only is None,
            now=now,
        )
        if ask_network:
            await self._meet(steps)
        unresolved = [handle for one in ready if isinstance(one, Prepared) for handle in one.unresolved]
        return steps, list(dict.fromkeys(unresolved))

    async def _meet(self, steps: Sequence[Step]) -> None:
        """Fetch the people who are mentioned, so that the transaction finds their inboxes."""
        budget = Budget(fetches=100)
        named = {mention.actor_id for step in steps if step.prepared for mention in step.prepared.rendered.mentions}
        for actor_id in named:
            try:
                await self.actors.actor(actor_id, budget)
            except FetchError:
                continue  # the mention stands in the text; their server hears of it if it has followers

    def _check_deletions(self, steps: Sequence[Step], *, allow_delete: bool) -> None:
        taken = taken_back(steps)
        if len(taken) > 1 and not allow_delete:
            names = ", ".join(step.slug for step in taken)
            raise UserFault(
                f"this would take {len(taken)} published issues back ({names}); if that is meant, push with "
                "`git push -o delete`, or run `rundbrief publish --delete`"
            )

    def _write(self, tx: Transaction, out: _Out, report: Report, only: Sequence[str] | None) -> Report | None:
        """None when others published since the plan was made."""
        tx.lock(f"publish {self.blog.id}")
        if self._out(tx).rows != out.rows or blogs.published_commit(tx, self.blog.id) != out.commit:
            return None
        now = self.clock()
        recorder = Recorder(tx=tx, blog=self.blog, close_after=self.config.comments.close_after, now=now)
        done = replace(report, deliveries=[recorder.apply(step) for step in report.steps])
        if only is None and report.commit is not None:
            blogs.record_published(tx, self.blog.id, report.commit)
            if report.steps:
                publications.add(tx, self.blog.id, report.commit, list(report_lines(done, self.blog)), now=now)
        return done

    async def lines_of(self, commit: str) -> list[str]:
        """What publishing this commit did, whoever did it: the server may be faster than the hook of the push."""
        return await self.database.read(lambda tx: publications.find(tx, self.blog.id, commit))


def _tree_faults(tree: IssueTree, only: Sequence[str] | None) -> list[ReadFile]:
    """Faults of the tree itself (symlinks, submodules), told like those of a file."""
    from_tree = [fault for fault in tree.faults if only is None or fault.path in only]
    return [ReadFile(file=_nameless(fault.path), issue=None, faults=[fault]) for fault in from_tree]


def _nameless(path: str) -> IssueFile:
    return IssueFile(path=path, blob="", size=0)
