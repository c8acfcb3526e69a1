"""Issue files that an author names -> judged as saved, then committed, then published; `publish FILE...` calls it.

Whatever would be refused is refused before anything is committed (contract section 4).
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from bridge.issues.trial import tree_with
from bridge.issues.worktree import commit_files, uncommitted
from bridge.outbox.publish import Publisher
from bridge.outbox.report import Report


async def publish_named(
    publisher: Publisher, paths: Sequence[str], *, allow_delete: bool = False, dry_run: bool = False
) -> Report:
    """Publish these paths as they are saved, or with `dry_run` say what that would do.

    A broken file is neither committed nor holds up the others. Raises UserFault for a name that is not an issue file's,
    and as `Publisher.publish` does.
    """
    repository = publisher.repository
    changed = await asyncio.to_thread(uncommitted, repository, paths)
    if not changed:
        return await publisher.publish(only=paths, allow_delete=allow_delete, dry_run=dry_run)
    removed = [path for path in changed if path in paths and not repository.folder.joinpath(path).exists()]
    # A command has the event loop to itself, so a few calls of git may hold it up.
    with tree_with(repository, changed) as trial:
        judged = await publisher.try_out(
            trial.tree, trial.repository, only=paths, removed=removed, allow_delete=allow_delete
        )
    if dry_run:
        return judged
    refusals = [step for step in judged.steps if step.action == "refuse"]
    refused = {step.path for step in refusals}
    fine = [path for path in paths if path not in refused]
    if not fine:
        return judged
    await asyncio.to_thread(commit_files, repository, fine, f"Publish {', '.join(fine)}")
    done = await publisher.publish(only=fine, removed=removed, allow_delete=allow_delete)
    return replace(done, steps=[*done.steps, *refusals], deliveries=[*done.deliveries, *(0 for _ in refusals)])
