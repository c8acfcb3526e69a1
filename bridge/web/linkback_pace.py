"""How often strangers may hand in linkbacks: a bucket for each client, one for each server of a source (S102)."""

from __future__ import annotations

from datetime import datetime

from bridge.config import Config
from bridge.inbox.policy import Pace
from bridge.linkback.gap import is_loopback
from bridge.terms import Server
from bridge.urls import host_of
from bridge.web.client import network_of

_OF_CLIENT_PER_MINUTE = 60
_OF_SOURCE_PER_MINUTE = 30


class LinkbackPace:
    """Raises TooMany. On one machine, for tests, loopback has no limit."""

    def __init__(self) -> None:
        self._clients = Pace(_OF_CLIENT_PER_MINUTE)
        self._sources = Pace(_OF_SOURCE_PER_MINUTE)

    def pass_client(self, address: str, config: Config, *, now: datetime) -> None:
        """Count one request from this IP address."""
        shown = f"[{address}]" if ":" in address else address
        if not (config.federation.allow_private_addresses and is_loopback(f"http://{shown}/")):
            self._clients.take(Server(network_of(address)), now=now)

    def pass_source(self, source: str, config: Config, *, now: datetime) -> None:
        """Count one request about a page of this server; that it is an address was judged before."""
        if not (config.federation.allow_private_addresses and is_loopback(source)):
            self._sources.take(host_of(source), now=now)
