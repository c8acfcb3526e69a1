"""Host name -> addresses, by the system's own resolver, in threads of its own; `guard` judges what it says."""

from __future__ import annotations

import asyncio
import socket
from concurrent.futures import ThreadPoolExecutor

from aiohttp.abc import AbstractResolver, ResolveResult

#: More than `delivery.concurrency` and all fetches together, so that names whose servers are silent for many seconds
#: never stand in the way of the others. (The loop's own pool has six threads on two cores, uvloop's has four.)
_THREADS = 128


class SystemResolver(AbstractResolver):
    """Asks `getaddrinfo`, and so follows /etc/hosts and whatever else the machine's owner set up."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="names")

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Every address of the name. Raises `socket.gaierror`."""
        found = await asyncio.get_running_loop().run_in_executor(
            self._threads,
            lambda: socket.getaddrinfo(host, port, family, socket.SOCK_STREAM, 0, socket.AI_ADDRCONFIG),
        )
        return [
            ResolveResult(hostname=host, host=str(place[0]), port=port, family=kind, proto=proto, flags=0)
            for kind, _, proto, _, place in found
        ]

    async def close(self) -> None:
        """Let go of the threads; a lookup that hangs is not waited for."""
        self._threads.shutdown(wait=False, cancel_futures=True)
