"""The people whom a pushed issue names -> asked for over the network, which is loaded only if there are any."""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AsyncExitStack

from bridge.config import Config
from bridge.issues.issue import Issue
from bridge.issues.render import find_mentions
from bridge.issues.rendered import Mention
from bridge.outbox.publish import PeopleFinder
from bridge.terms import ActorId


class LatePeople:
    """`outbox.people.People`, made when somebody is named; `stack` closes what was opened for that."""

    def __init__(self, settings: Config, stack: AsyncExitStack) -> None:
        self._settings = settings
        self._stack = stack
        self._people: PeopleFinder | None = None

    async def resolve(self, issues: Sequence[Issue]) -> Mapping[str, Mention]:
        """The people whom the issues name; whoever is not found stays plain text."""
        if not any(find_mentions(issue) for issue in issues):
            return {}
        return await (await self._met()).resolve(issues)

    async def meet(self, actor_ids: Iterable[ActorId]) -> None:
        """Fetch actors, so that the transaction finds their inboxes."""
        if wanted := set(actor_ids):
            await (await self._met()).meet(wanted)

    async def _met(self) -> PeopleFinder:
        if self._people is None:
            app = await self._stack.enter_async_context(importlib.import_module("bridge.app").opened(self._settings))
            people: PeopleFinder = app.publisher.people
            self._people = people
        return self._people
