"""How often strangers may hand in linkbacks: counted for each client, and for each server of a source (S102)."""

from __future__ import annotations

import time
from collections.abc import Callable

from bridge.config import Config
from bridge.linkback.gap import is_loopback
from bridge.pace import Pace, per_minute
from bridge.urls import host_of
from bridge.web.client import network_of

_OF_CLIENT = per_minute(60)
_OF_SOURCE = per_minute(30)


class LinkbackPace:
    """Raises TooMany. On one machine, for tests, loopback has no limit. `clock` gives seconds."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clients = Pace(_OF_CLIENT, clock=clock)
        self._sources = Pace(_OF_SOURCE, clock=clock)

    def pass_client(self, address: str, config: Config) -> None:
        """Count one request from this IP address."""
        shown = f"[{address}]" if ":" in address else address
        if not (config.federation.allow_private_addresses and is_loopback(f"http://{shown}/")):
            self._clients.take(network_of(address))

    def pass_source(self, source: str, config: Config) -> None:
        """Count one request about a page of this server; that it is an address was judged before."""
        if not (config.federation.allow_private_addresses and is_loopback(source)):
            self._sources.take(host_of(source))
