"""Issues -> the people they name, found by WebFinger and fetched so that they can be notified; before a transaction.

Somebody found once stays found when their server does not answer: an edit must not turn a mention into plain text.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from bridge.errors import FetchError
from bridge.issues.issue import Issue
from bridge.issues.render import find_mentions
from bridge.issues.rendered import Mention
from bridge.remote.actors import RemoteActors
from bridge.remote.budget import Budget
from bridge.remote.webfinger import WebFinger
from bridge.store import published
from bridge.store.database import Database
from bridge.terms import ActorId

#: For all handles together (contract section 5), and for fetching the actors that were found.
_PATIENCE = timedelta(seconds=5)


@dataclass(frozen=True, kw_only=True)
class People:
    """Looks people up."""

    webfinger: WebFinger
    actors: RemoteActors
    database: Database
    blog_id: int

    async def resolve(self, issues: Sequence[Issue]) -> dict[str, Mention]:
        """The people whom the issues name; whoever is not found stays plain text."""
        handles = {handle for issue in issues for handle in find_mentions(issue)}
        if not handles:
            return {}
        mentions = await self._found(handles)
        if missing := handles - mentions.keys():
            slugs = [issue.slug for issue in issues]
            mentions |= await self.database.read(lambda tx: published.mentioned(tx, self.blog_id, slugs, missing))
        return mentions

    async def find(self, handles: Collection[str]) -> dict[str, Mention]:
        """Those of the handles that lead to somebody, whose actor is fetched too; the others stay plain text."""
        found = await self._found(handles) if handles else {}
        await self.meet(one.actor_id for one in found.values())
        return found

    async def _found(self, handles: Collection[str]) -> dict[str, Mention]:
        found = await self.webfinger.resolve_mentions(handles, time_allowed=_PATIENCE)
        return {handle: Mention(handle=one.acct, actor_id=one.actor_id, url=one.url) for handle, one in found.items()}

    async def meet(self, actor_ids: Iterable[ActorId]) -> None:
        """Fetch actors, so that the transaction finds their inboxes; those that come too late are not notified."""
        budget = Budget(fetches=100)

        async def fetch(actor_id: ActorId) -> None:
            try:
                await self.actors.actor(actor_id, budget)
            except FetchError:
                return  # the mention stands in the text; their server hears of it if it has followers

        waiting = [asyncio.ensure_future(fetch(actor_id)) for actor_id in set(actor_ids)]
        if waiting:
            _, late = await asyncio.wait(waiting, timeout=_PATIENCE.total_seconds())
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
