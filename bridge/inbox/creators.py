"""`creators` of the configuration -> whether an actor is one of the author's own accounts: marked, and never held."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from bridge.activity.remote_actor import RemoteActor
from bridge.errors import FetchError, FetchFailed
from bridge.remote.budget import Budget, BudgetSpent
from bridge.remote.webfinger import WebFinger
from bridge.terms import ActorId

_KEPT_SECONDS = 24 * 3600.0
_NOT_FOUND_SECONDS = 600.0


class Creators:
    """Handles are looked up once a day, and only when somebody of that name says something."""

    def __init__(
        self, handles: Sequence[str], webfinger: WebFinger, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._addresses = frozenset(handle for handle in handles if "://" in handle)
        self._handles = {
            handle: handle.lstrip("@").partition("@")[0].lower() for handle in handles if "://" not in handle
        }
        self._webfinger = webfinger
        self._clock = clock
        self._known: dict[str, tuple[ActorId | None, float]] = {}

    async def include(self, actor: RemoteActor, budget: Budget) -> bool:
        """Whether the actor is one of them. A handle that cannot be resolved now is nobody's."""
        if actor.id in self._addresses or (actor.url is not None and actor.url in self._addresses):
            return True
        name = actor.preferred_username.lower()
        for handle, user in self._handles.items():
            if user == name and await self._actor_of(handle, budget) == actor.id:
                return True
        return False

    async def _actor_of(self, handle: str, budget: Budget) -> ActorId | None:
        found, until = self._known.get(handle, (None, 0.0))
        if self._clock() < until:
            return found
        try:
            found = (await self._webfinger.find(handle, budget=budget)).actor_id
        except BudgetSpent:
            return found  # the sender's budget, which says nothing of the handle
        except FetchFailed:
            self._known[handle] = found, self._clock() + _NOT_FOUND_SECONDS
            return found
        except FetchError:
            found = None
        lasts = _NOT_FOUND_SECONDS if found is None else _KEPT_SECONDS
        self._known[handle] = found, self._clock() + lasts
        return found
