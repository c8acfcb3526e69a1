"""Due rows -> done, several at once but only one per server, until none is left.

`verify` and `send` are one job each and run through here, so linkbacks take up one place in the worker however many
there are, and a flood from one host waits only behind itself.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Sequence
from typing import Protocol, TypeVar

from bridge.terms import Server

log = logging.getLogger(__name__)

_AT_ONCE = 8


class Due(Protocol):
    """A row that belongs to a server."""

    @property
    def server(self) -> Server:
        """The server that handling it asks something of."""


Row = TypeVar("Row", bound=Due)


async def work_off(
    claim: Callable[[int, Collection[Server]], Awaitable[Sequence[Row]]], one: Callable[[Row], Awaitable[None]]
) -> None:
    """Claim and handle rows until none is due. A row that fails in an unforeseen way is due again after its lease."""
    running: dict[asyncio.Task[None], Server] = {}
    try:
        while True:
            room = _AT_ONCE - len(running)
            for row in await claim(room, set(running.values())) if room else ():
                running[asyncio.ensure_future(one(row))] = row.server
            if not running:
                return
            done, _ = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                server = running.pop(task)
                if (error := task.exception()) is not None:
                    log.error("a linkback of %s failed", server, exc_info=error)
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
