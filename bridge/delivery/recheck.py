"""An inbox that says 404, 410 or points elsewhere -> its actors are asked: gone, moved, or still there.

The handler of the job kind `recheck`; the key is the inbox. One answer of an inbox removes nobody: a parked domain or a
mistake of a big server would cost all followers there (security S79, S130, S131).
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from bridge.activity.remote_actor import RemoteActor
from bridge.clock import Clock
from bridge.errors import FetchError, FetchFailed, FetchGone, FetchNotFound
from bridge.remote.actors import RemoteActors
from bridge.remote.budget import Budget
from bridge.store import deliveries, followers
from bridge.store.database import Database, Transaction, WakeUp
from bridge.terms import ActorId, InboxUrl

log = logging.getLogger(__name__)

KIND = "recheck"
_MOST_ASKED = 20
_AGAIN = timedelta(hours=6)


def recheck_of(inbox: InboxUrl) -> WakeUp:
    """The job that asks the actors of this inbox."""
    return WakeUp(kind=KIND, key=inbox)


@dataclass(frozen=True, kw_only=True)
class Recheck:
    """Everything the job needs; `__call__` is its handler."""

    database: Database
    actors: RemoteActors
    blog_id: int
    clock: Clock

    async def __call__(self, key: str) -> timedelta | None:
        inbox = InboxUrl(key)
        people = await self.database.read(lambda tx: followers.at_inbox(tx, self.blog_id, inbox, limit=_MOST_ASKED))
        gone: list[ActorId] = []
        moved: list[RemoteActor] = []
        again = None
        for person in people:
            try:
                actor = await self.actors.actor(person, Budget(), fresh=True)
            except (FetchGone, FetchNotFound):
                gone.append(person)
            except FetchFailed:
                again = _AGAIN
            except FetchError as error:
                log.info("%s could not be asked about its inbox: %s", person, error)
            else:
                if inbox in (actor.inbox, actor.shared_inbox):
                    break  # it lives and still names this inbox, so what the inbox says is of today only
                moved.append(actor)
        await self.database.write(lambda tx: self._apply(tx, inbox, gone, moved))
        is_full = len(people) == _MOST_ASKED and len(gone) + len(moved) == _MOST_ASKED
        return timedelta(0) if is_full else again

    def _apply(self, tx: Transaction, inbox: InboxUrl, gone: Sequence[ActorId], moved: Sequence[RemoteActor]) -> None:
        now = self.clock()
        for person in gone:
            followers.remove(tx, self.blog_id, person)
            log.info("%s is gone, so it follows no more", person)
        for actor in moved:
            followers.change_addresses(tx, self.blog_id, actor.id, inbox=actor.inbox, shared_inbox=actor.shared_inbox)
            deliveries.send_elsewhere(tx, inbox, actor.shared_inbox or actor.inbox, now=now)
        if (gone or moved) and not followers.at_inbox(tx, self.blog_id, inbox, limit=1):
            new = moved[0].shared_inbox or moved[0].inbox if moved else None
            reason = "its people are gone" if new is None else f"its people have another inbox: {new}"
            deliveries.leave(tx, inbox, reason=reason, now=now)
