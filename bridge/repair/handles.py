"""Somebody who is new here -> the handle `user@domain` that both the actor and the domain vouch for.

The handler of the job kind `handle`; the inbox writes the job with the first word of a person. Until it is done, and
where it fails, the actor's own host stands in the handle (security S41). A server that does not answer is asked
again for three days. SWICG "ActivityPub and WebFinger", FEP-2c59.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from bridge.clock import Clock
from bridge.errors import FetchFailed
from bridge.remote.budget import Budget, Cause
from bridge.remote.webfinger import WebFinger
from bridge.store import actors, changes, entries
from bridge.store.database import Database, Transaction
from bridge.terms import ActorId
from bridge.urls import host_of

_FETCHES = 8
_AGAIN_IN = timedelta(hours=6)
_ASKED_FOR = timedelta(days=3)


@dataclass(frozen=True, kw_only=True)
class Handles:
    """Everything the job needs."""

    database: Database
    webfinger: WebFinger
    blog_id: int
    clock: Clock

    async def __call__(self, key: str) -> timedelta | None:
        actor_id = ActorId(key)
        actor, known = await self.database.read(
            lambda tx: (actors.find(tx, actor_id), actors.find_handle(tx, actor_id))
        )
        if actor is None or known is not None:
            return None
        budget = Budget(fetches=_FETCHES, cause=Cause(name=host_of(actor_id), is_proven=True))
        try:
            proven = await self.webfinger.two_way_handle(actor, budget=budget)
        except FetchFailed:
            return _AGAIN_IN if await self.database.read(lambda tx: self._spoke_lately(tx, actor_id)) else None
        if proven is not None:
            await self.database.write(lambda tx: self._keep(tx, actor_id, proven))
        return None

    def _spoke_lately(self, tx: Transaction, actor_id: ActorId) -> bool:
        said = entries.of_actor(tx, self.blog_id, actor_id)
        return any(self.clock() - entry.received_at < _ASKED_FOR for entry in said)

    def _keep(self, tx: Transaction, actor_id: ActorId, handle: str) -> None:
        """The handle stands with what the person said before, too."""
        actors.keep_handle(tx, actor_id, handle)
        for entry in entries.of_actor(tx, self.blog_id, actor_id):
            if entry.state != "deleted" and entry.author_handle != f"@{handle}":
                entries.change(tx, entry.id, {"author_handle": f"@{handle}"})
                tx.touch(changes.issue(entry.issue_id))
