"""A host -> a place among the few fetches that go there at the same time; `hops` takes one for each request."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

_LANES = 2


class HostLanes:
    """At most two fetches to one host at a time; further ones wait. Holds nothing of a host that nobody asks."""

    def __init__(self) -> None:
        self._hosts: dict[str, tuple[asyncio.Semaphore, int]] = {}

    @asynccontextmanager
    async def lane(self, authority: str) -> AsyncIterator[None]:
        """Hold one of the host's lanes."""
        semaphore, users = self._hosts.get(authority, (asyncio.Semaphore(_LANES), 0))
        self._hosts[authority] = semaphore, users + 1
        try:
            async with semaphore:
                yield
        finally:
            semaphore, users = self._hosts.pop(authority)
            if users > 1:
                self._hosts[authority] = semaphore, users - 1
